import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { topicNames } from '#shared/catalog/names.ts'
import { openAdmin } from '#shared/kafka/admin.ts'
import { openResources } from '#shared/lifecycle.ts'
import { createLogger, type Log } from '#shared/observability/log.ts'
import { readInitConfig } from '../../../services/cli/init/config.ts'
import { initialize } from '../../../services/cli/init/initialize.ts'
import { readConsoleConfig } from '../../../services/console/config.ts'
import { type ConsoleService, startConsole } from '../../../services/console/service.ts'
import { testBrokers, testRedisUrl, uniqueName } from '../../support/dependencies.ts'
import { type ConsoleClient, createClient } from './console-client.ts'

/** An installation of its own on the cluster of the test run: prefix, keys, topics. */
export type Installation = {
  prefix: string
  folder: string
  env: Record<string, string>
  adminKey: string
  masterKey(): string
  initialize(): Promise<void>
  /** Closes something when the test ends, before the topics go. */
  defer(close: () => Promise<void>): void
  /** One more console process's worth of console on this installation. */
  start(changes?: Record<string, string>, log?: Log): Promise<{ service: ConsoleService; api: ConsoleClient }>
}

export const quietLog = createLogger('test', { level: 'silent', instance: 'test' })

/** Made by the real init; everything it leaves on the cluster goes when the test ends. */
export async function createInstallation(t: TestContext): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-console-'))
  const prefix = `${uniqueName('console')}.`
  const env = {
    KAFKA_BROKERS: testBrokers().join(','),
    REDIS_URL: testRedisUrl(),
    TAILRACE_PREFIX: prefix,
    TAILRACE_SECRETS_DIR: folder,
    TAILRACE_EGRESS_ALLOW: '127.0.0.0/8',
  }
  const closers: (() => Promise<void>)[] = []
  t.after(async () => {
    for (const close of closers) await close()
    await removeTopics(prefix, folder)
  })
  const runInit = () => runOnce(env)
  await runInit()
  const keyOf = (name: string) => readFileSync(join(folder, name), 'utf8').trim()
  const [adminKey, masterKey] = [keyOf('admin.key'), () => keyOf('master.key')]
  return {
    ...{ prefix, folder, env, adminKey, masterKey, initialize: runInit, defer: (close) => void closers.push(close) },
    async start(changes = {}, log = quietLog) {
      const id = `console-${randomBytes(3).toString('hex')}`
      const config = readConsoleConfig({
        ...env,
        TAILRACE_MASTER_KEY: masterKey(),
        TAILRACE_INSTANCE_ID: id,
        TAILRACE_INDEX_DIR: join(folder, `index-${id}`),
        ...changes,
      })
      const service = await startConsole({ ...config, TAILRACE_PORT: 0, TAILRACE_ADMIN_PORT: 0 }, log)
      closers.push(() => service.stop())
      return { service, api: await createClient(service.url, adminKey) }
    },
  }
}

async function runOnce(env: Record<string, string>): Promise<void> {
  const resources = openResources(() => {})
  try {
    await initialize({ config: readInitConfig(env), log: quietLog, resources })
  } finally {
    await resources.close()
  }
}

async function removeTopics(prefix: string, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  const admin = await openAdmin({ brokers: testBrokers(), clientId: 'test-cleanup', log: quietLog })
  const { isOwn } = topicNames(prefix)
  for (const name of (await admin.topics()).filter(isOwn)) await admin.deleteTopic(name)
  await admin.close()
}
