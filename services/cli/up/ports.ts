import { connect, createServer } from 'node:net'
import { readConfig } from '#shared/config.ts'
import { holderOf } from './port-holder.ts'
import { Refusal } from './refusal.ts'
import { waitFor } from './wait-for.ts'

/** Address of everything a run listens on: nothing of it is reachable from outside. */
export const host = '127.0.0.1'

/** Stands in no setting: who brings a Redis of his own names it in REDIS_URL. */
const redisPort = 16_379
/**
 * 39093 becomes at most 32713: Linux lends from 32768 on. 8070 becomes at least 1070, 8090 at most 1710: `fetch` refuses
 * some ports from 1719 on.
 */
const firstTestOffset = -7_000
const testOffsets = 620

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

/**
 * Throws a Refusal that names the first occupied port, what it is for and who holds it. A port that nobody listens on is
 * only lent to an outgoing connection, or to what is left of one for a minute (39092 lies among the ports that Linux
 * lends): `waitForLent` is told and may wait before the ports are looked at again.
 */
export async function refuseOccupied(ports: Ports, waitForLent: (port: number) => Promise<void>): Promise<void> {
  const [lent] = await usesWhere(ports, async (port) => !(await isFree(port)) && !(await isListening(port)))
  if (lent !== undefined) await waitForLent(lent.port)
  const [first, ...others] = await usesWhere(ports, async (port) => !(await isFree(port)))
  if (first === undefined) return
  const more = others.length === 0 ? '' : ` (and ${others.length} more of our ports)`
  const holder = (await holderOf(first.port)) ?? 'another process'
  throw new Refusal(
    `Port ${first.port}, needed for ${first.use}, is taken by ${holder}${more}: stop it, or start with --port-offset 100.`,
  )
}

/** Waits until every port is free or the signal aborts. */
export async function waitUntilFree(ports: Ports, signal: AbortSignal): Promise<void> {
  await waitFor(() => areFree(ports), signal).catch(() => {})
}

/** An offset at which every port is free now and outside those that Linux lends: for test runs beside a user's run. */
export async function freePortOffset(): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const offset = firstTestOffset + Math.floor(Math.random() * testOffsets)
    if (await areFree(portsAt(offset))) return offset
  }
  throw new Refusal('No port offset with free ports was found: too many ports of this machine are taken.')
}

type PortUse = { port: number; use: string }

function portUses(ports: Ports): PortUse[] {
  return [
    { port: ports.producer, use: 'the producers' },
    { port: ports.console, use: 'the console' },
    { port: ports.demoReceiver, use: 'the demo receiver' },
    { port: ports.redis, use: 'Redis' },
    ...ports.brokers.map((port, index) => ({ port, use: `Kafka broker ${index + 1}` })),
    ...ports.controllers.map((port, index) => ({ port, use: `the controller of Kafka broker ${index + 1}` })),
  ]
}

async function usesWhere(ports: Ports, condition: (port: number) => Promise<boolean>): Promise<PortUse[]> {
  const checked = await Promise.all(portUses(ports).map(async (use) => ((await condition(use.port)) ? [use] : [])))
  return checked.flat()
}

async function areFree(ports: Ports): Promise<boolean> {
  return (await usesWhere(ports, isFree)).length === portUses(ports).length
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
