import { readFileSync, writeFileSync } from 'node:fs'
import { openApi } from '../support/api.ts'
import type { System } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { compose, containerNamed, containers, docker, ports } from './engine.ts'

const url = (port: number): string => `http://127.0.0.1:${port}`
export const demoReceiverUrl = url(ports.demo)

const brokerNames = ['kafka-1', 'kafka-2', 'kafka-3']
const startCeilingMs = 120_000

/**
 * The stack as an experiment on this machine sees it: publishers come through the gateway, receivers listen where
 * containers reach the host, and the readers of the log know the brokers by the names that these advertise.
 */
export async function attachComposeStack(): Promise<System> {
  await nameBrokers()
  const adminKey = (await compose('exec', '-T', 'console', 'tailrace', 'key')).trim()
  const publishUrl = url(ports.gateway)
  return {
    publishUrl,
    adminKey,
    brokers: brokerNames.map((name) => `${name}:9092`),
    api: openApi({ publishUrl, consoleUrl: url(ports.console), adminKey }),
    receivers: { name: 'host.docker.internal', host: await hostGateway() },
  }
}

/** Waits until every container runs and is healthy; a job has ended well. */
export async function untilUp(): Promise<void> {
  await until('every container is healthy', async () => (await containers()).every(isUp), startCeilingMs)
}

const isUp = ({ service, healthy, running, exitCode }: Awaited<ReturnType<typeof containerNamed>>): boolean =>
  service === 'init' ? !running && exitCode === 0 : healthy

/** Kills whatever runs in a container, as a crash does: the engine starts it again, which it does not after `docker kill`. */
export async function crash(name: string): Promise<void> {
  const { id, startedAt } = await containerNamed(name)
  await docker('exec', id, 'bash', '-c', 'kill -KILL -1').catch(() => {}) // this very shell dies too
  await until(`${name} has started again`, async () => {
    const { running, startedAt: now } = await containerNamed(name)
    return running && now !== startedAt
  })
}

/** Where `host.docker.internal` leads. */
const hostGateway = (): Promise<string> =>
  docker('network', 'inspect', 'bridge', '-f', '{{(index .IPAM.Config 0).Gateway}}')

/** Writes the brokers into the hosts file of this run: once, and whenever one may have another address. */
export async function nameBrokers(): Promise<void> {
  const path = '/etc/hosts'
  if (process.env.OWN_HOSTS_FILE === undefined)
    throw new Error('run this with .ci/compose or npm run chaos: they have a hosts file of their own')
  const others = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => !/\skafka-\d$/.test(line))
  const brokers = await Promise.all(
    brokerNames.map(async (name) => `${(await containerNamed(name)).addresses.core} ${name}`),
  )
  writeFileSync(path, `${[...others.filter((line) => line !== ''), ...brokers].join('\n')}\n`)
}
