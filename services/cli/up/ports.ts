import { createServer } from 'node:net'
import { readConfig } from '#shared/config.ts'
import { holderOf } from './port-holder.ts'
import { Refusal } from './refusal.ts'
import { waitFor } from './wait-for.ts'

/** Address of everything a run listens on: nothing of it is reachable from outside. */
export const host = '127.0.0.1'

/** Stands in no setting: who brings a Redis of his own names it in REDIS_URL. */
const redisPort = 16_379
const largestOffset = 26_000

export type Ports = {
  producer: number
  console: number
  demoReceiver: number
  redis: number
  /** One per broker, in the order of their ids. */
  brokers: number[]
  controllers: number[]
}

/** Every port of a run: those of the settings' defaults, moved by `offset` so that several runs stand beside each other. */
export function portsAt(offset: number): Ports {
  const defaults = readConfig(
    ['KAFKA_BROKERS', 'TAILRACE_PUBLISH_URL', 'TAILRACE_CONSOLE_URL', 'TAILRACE_DEMO_URL'],
    {},
  )
  const portOf = (url: string) => Number(new URL(url).port) + offset
  const brokers = defaults.KAFKA_BROKERS.split(',').map((address) => portOf(`kafka://${address}`))
  return {
    producer: portOf(defaults.TAILRACE_PUBLISH_URL),
    console: portOf(defaults.TAILRACE_CONSOLE_URL),
    demoReceiver: portOf(defaults.TAILRACE_DEMO_URL),
    redis: redisPort + offset,
    brokers,
    controllers: brokers.map((port) => port + 1),
  }
}

/** Throws a Refusal that names the first occupied port, what it is for and who holds it. */
export async function refuseOccupied(ports: Ports): Promise<void> {
  const uses = portUses(ports)
  const checked = await Promise.all(uses.map(async (use) => ({ ...use, free: await isFree(use.port) })))
  const occupied = checked.filter(({ free }) => !free)
  const [first] = occupied
  if (first === undefined) return
  const others = occupied.length === 1 ? '' : ` (and ${occupied.length - 1} more of our ports)`
  const holder = (await holderOf(first.port)) ?? 'another process'
  throw new Refusal(
    `Port ${first.port}, needed for ${first.use}, is taken by ${holder}${others}: stop it, or start with --port-offset 100.`,
  )
}

/** Waits until every port is free, at most `limitMs`. */
export async function waitUntilFree(ports: Ports, limitMs: number): Promise<void> {
  await waitFor(() => areFree(ports), AbortSignal.timeout(limitMs)).catch(() => {})
}

/** An offset at which every port is free now: for test runs beside a user's run. */
export async function freePortOffset(): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const offset = 100 + 10 * Math.floor(Math.random() * (largestOffset / 20))
    if (await areFree(portsAt(offset))) return offset
  }
  throw new Refusal('No port offset with free ports was found: too many ports of this machine are taken.')
}

function portUses(ports: Ports): { port: number; use: string }[] {
  return [
    { port: ports.producer, use: 'the producers' },
    { port: ports.console, use: 'the console' },
    { port: ports.demoReceiver, use: 'the demo receiver' },
    { port: ports.redis, use: 'Redis' },
    ...ports.brokers.map((port, index) => ({ port, use: `Kafka broker ${index + 1}` })),
    ...ports.controllers.map((port, index) => ({ port, use: `the controller of Kafka broker ${index + 1}` })),
  ]
}

async function areFree(ports: Ports): Promise<boolean> {
  const free = await Promise.all(portUses(ports).map(({ port }) => isFree(port)))
  return free.every(Boolean)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
