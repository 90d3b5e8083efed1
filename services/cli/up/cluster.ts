import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jarsFolder, shown } from '../folders.ts'
import { type BrokerId, type BrokerLaunch, brokerIds, dataFolder, isFormatted, prepareBroker } from './broker.ts'
import { askCluster } from './broker-metadata.ts'
import { type Child, startGuarded } from './child.ts'
import { useClassArchive } from './class-archive.ts'
import { host } from './ports.ts'
import { Refusal } from './refusal.ts'
import type { Run } from './run.ts'
import { type Supervised, supervise } from './supervise.ts'
import { waitFor } from './wait-for.ts'

/** Three brokers that are up; each starts again when it dies. */
export type Cluster = {
  /** host:port of each, as it advertises itself to clients. */
  readonly addresses: readonly string[]
  /** Waits until every broker sees all brokers and no partition lacks a replica. */
  fullyReplicated(): Promise<void>
  stop(): Promise<void>
}

type Broker = { id: BrokerId; launch: BrokerLaunch; supervised: Supervised }

const startLimitMs = 90_000
const cleanLimitMs = 10_000
const lastBrokerLimitMs = 1_000

/**
 * Starts three brokers with their data in the run's folder, formatting it first if it is new; resolves when all are in sync.
 * `settingsFolder` has what comes on top of our settings.
 */
export async function startCluster(run: Run, settingsFolder?: string): Promise<Cluster> {
  const archive = await useClassArchive(run)
  const launches = brokerIds.map((id) => ({ id, launch: prepare(run, id, settingsFolder) }))
  await Promise.all(launches.map(({ id, launch }) => format(run, id, launch)))
  run.signal.throwIfAborted()
  const brokers = launches.map(({ id, launch }) =>
    startBroker(run, id, { ...launch, serve: [...archive, ...launch.serve] }),
  )
  const cluster: Cluster = {
    addresses: launches.map(({ launch }) => launch.address),
    fullyReplicated: () => waitForReplicas(run),
    stop: () => stopBrokers(run, brokers),
  }
  try {
    await cluster.fullyReplicated()
    return cluster
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

function prepare({ folder, ports }: Run, id: BrokerId, settingsFolder: string | undefined): BrokerLaunch {
  mkdirSync(dataFolder(folder.brokers, id), { recursive: true })
  const clusterId = clusterIdOf(folder.brokers)
  const { brokers: brokersFolder } = folder
  return prepareBroker({ id, voters: brokerIds, brokersFolder, jarsFolder, clusterId, ports, settingsFolder })
}

/** One cluster id for the life of the folder: 16 random bytes as Kafka writes them. */
function clusterIdOf(brokersFolder: string): string {
  const path = join(brokersFolder, 'cluster.id')
  if (!existsSync(path)) writeFileSync(path, randomBytes(16).toString('base64url'))
  return readFileSync(path, 'utf8')
}

async function format({ folder, logs }: Run, id: BrokerId, { format: args, env }: BrokerLaunch): Promise<void> {
  if (isFormatted(dataFolder(folder.brokers, id))) return
  const name = nameOf(id)
  const ending = await startGuarded({ command: 'java', args, env, output: logs.open(name) }).ended
  if (ending !== 'code 0')
    throw new Refusal(`The folder of ${name} could not be formatted (${ending}): see ${shown(logs.path(name))}.`)
}

function startBroker(run: Run, id: BrokerId, launch: BrokerLaunch): Broker {
  const name = nameOf(id)
  const start = () => {
    const output = run.logs.open(name)
    const child = startGuarded({ command: 'java', args: launch.serve, env: launch.env, output })
    run.processes.set({ name, service: 'kafka', pid: child.pid, adminUrl: null })
    return child
  }
  const onDeath = (ending: string, waitMs: number) =>
    run.tell(`${name} ended (${ending}); starting again in ${waitMs / 1000} s, see ${shown(run.logs.path(name))}`)
  return { id, launch, supervised: supervise({ start, onDeath }) }
}

async function waitForReplicas({ ports, signal, folder }: Run): Promise<void> {
  const limit = AbortSignal.timeout(startLimitMs)
  const complete = async () => {
    const views = await Promise.all(ports.brokers.map((port) => askCluster(port, host)))
    return views.every(({ brokers, underReplicated }) => brokers === brokerIds.length && underReplicated === 0)
  }
  try {
    await waitFor(complete, AbortSignal.any([signal, limit]))
  } catch (error) {
    if (!limit.aborted) throw error
    throw new Refusal(
      `The three Kafka brokers were not in sync after ${startLimitMs / 1000} s: see kafka-*.log in ${shown(folder.log)}.`,
    )
  }
}

async function stopBrokers(run: Run, brokers: readonly Broker[]): Promise<void> {
  const allClean = once(() => waitUntilClean(run, brokers))
  await Promise.all(brokers.map(({ supervised }) => supervised.stop((child) => endBroker(child, allClean))))
  for (const { id } of brokers) run.processes.remove(nameOf(id))
}

/**
 * A broker that has closed its logs stays another 5 s because its quorum has gone; the kill saves that time. The marker
 * is written after the last flush, so nothing is left to lose (Kafka 4.3, LogManager.shutdown).
 */
async function endBroker(child: Child, allClean: () => Promise<void>): Promise<void> {
  child.signal('SIGTERM')
  await Promise.race([allClean(), child.ended])
  child.signal('SIGKILL')
  await child.ended
}

/**
 * The last broker may wait for a controller that no longer exists: it gets a second more than the others. Its log is
 * checked at the next start then, as after a crash.
 */
async function waitUntilClean({ folder }: Run, brokers: readonly Broker[]): Promise<void> {
  const isClean = ({ id, supervised }: Broker) =>
    supervised.current() === undefined || existsSync(join(dataFolder(folder.brokers, id), '.kafka_cleanshutdown'))
  const atLeast = (count: number) => async () => brokers.filter(isClean).length >= count
  await waitFor(atLeast(brokers.length - 1), AbortSignal.timeout(cleanLimitMs)).catch(() => {})
  await waitFor(atLeast(brokers.length), AbortSignal.timeout(lastBrokerLimitMs)).catch(() => {})
}

const nameOf = (id: BrokerId) => `kafka-${id}`

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
