import { inboxPath } from '../demo/inbox-path.ts'
import type { RunFolder } from '../folders.ts'
import { host, type Ports } from './ports.ts'

type Surroundings = { folder: RunFolder; ports: Ports; brokers: readonly string[]; redisUrl: string | undefined }

const loopback = ['127.0.0.0/8', '::1/128']

/** The addresses that users of a run meet. */
export function addressesOf(ports: Ports) {
  const url = (port: number) => `http://${host}:${port}`
  return { publishUrl: url(ports.producer), consoleUrl: url(ports.console), demoReceiverUrl: url(ports.demoReceiver) }
}

/** The settings every process of a run gets, on top of the user's own environment. */
export function commonEnvironment({ folder, ports, brokers, redisUrl }: Surroundings): Record<string, string> {
  const { publishUrl, consoleUrl, demoReceiverUrl } = addressesOf(ports)
  const allowed = [...loopback, process.env.TAILRACE_EGRESS_ALLOW ?? ''].filter((network) => network !== '')
  return {
    KAFKA_BROKERS: brokers.join(','),
    REDIS_URL: redisUrl ?? '',
    TAILRACE_HOST: host,
    TAILRACE_ADMIN_HOST: host,
    TAILRACE_ADMIN_PORT: '0',
    TAILRACE_SECRETS_DIR: folder.dir,
    TAILRACE_INDEX_DIR: folder.index,
    TAILRACE_DEMO_URL: `${demoReceiverUrl}${inboxPath}`,
    TAILRACE_PUBLISH_URL: publishUrl,
    TAILRACE_CONSOLE_URL: consoleUrl,
    TAILRACE_EGRESS_ALLOW: allowed.join(','),
  }
}

/** The secrets that init has put into the folder: for everything that starts after it. */
export function secretFiles({ masterKey, adminKey, demoSecret }: RunFolder): Record<string, string> {
  return {
    TAILRACE_MASTER_KEY_FILE: masterKey,
    TAILRACE_ADMIN_KEY_FILE: adminKey,
    TAILRACE_DEMO_SECRET_FILE: demoSecret,
  }
}
