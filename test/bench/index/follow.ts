import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { openLanes, type ProduceLanes } from '#shared/kafka/lanes.ts'
import { withResources } from '#shared/lifecycle.ts'
import { createLogger } from '#shared/observability/log.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import type { Chunk } from '../../../services/console/index/store.ts'
import { untilRestarted } from '../../support/health.ts'
import { isAlive, type OwnedStack, startStack } from '../../support/stack.ts'
import { until } from '../../support/until.ts'
import { warn } from '../evidence.ts'
import { usageOf } from '../processes.ts'
import { chunksOf, type Installation, idOf, stream } from './fill.ts'

const ceilingMs = 300_000
/** Chunks on their way at a time: fewer records than a lane takes. */
const most = 8

/**
 * The whole way from Kafka into the index: the log is filled first, then a console begins with an empty one beside three
 * brokers that nobody else asks for anything.
 */
export function measureFollowing(installation: Installation, signal: AbortSignal): Promise<void> {
  return withResources(warn, async (resources) => {
    const stack = await startStack({ producers: 1, consumers: 0 })
    resources.defer('stack', stack.stop)
    const { partitions, events, subscriptions } = installation
    await stack.api.putStream(stream.name, { partitions })
    const log = createLogger('bench', { level: 'warn', instance: 'bench' })
    const connection = { brokers: [...stack.brokers], clientId: 'bench', log }
    const lanes = openLanes({ connection, metrics: createMetrics(), kind: 'leader' })
    resources.defer('lanes', () => lanes.close())
    const records = await fill(lanes, installation, signal)
    const deliveries = events * subscriptions
    console.log(`\n${events} events and ${deliveries} deliveries are in the log, as ${records} records`)

    const index = join(stack.dir, 'index')
    const victim = await stack.kill('console-1', 'SIGKILL')
    const killedAt = Date.now()
    await until('the console is gone', () => !isAlive(victim.pid))
    rmSync(index, { recursive: true })
    await untilRestarted(stack, victim)
    await until('the index is complete', () => signal.aborted || isComplete(stack, killedAt), ceilingMs)
    signal.throwIfAborted()
    const completeAt = Date.now()
    const { cpuSeconds, residentBytes } = usageOf((await stack.process('console-1')).pid)
    await verify(stack, installation)
    const seconds = (completeAt - statSync(join(index, 'index.db')).birthtimeMs) / 1_000
    const per = (count: number, of: number) => Math.round(count / of)
    console.log(
      `from Kafka into an empty index: ${per(events + deliveries, seconds)} events and deliveries a second, ` +
        `${per(events + deliveries, cpuSeconds)} per second of CPU of the console, its start included; ` +
        `${per(records, seconds)} and ${per(records, cpuSeconds)} records; ` +
        `complete ${((completeAt - killedAt) / 1_000).toFixed(1)} s after the kill; ` +
        `${(residentBytes / 1024 ** 2).toFixed(0)} MiB resident`,
    )
    await resources.close()
  })
}

/** Each chunk stands in the log as the generator says that it was read from there. Resolves with the number of records. */
async function fill(lanes: ProduceLanes, installation: Installation, signal: AbortSignal): Promise<number> {
  const open = new Set<Promise<unknown>>()
  let records = 0
  for (const chunk of chunksOf(installation)) {
    signal.throwIfAborted()
    records += chunk.records.length
    const stored = append(lanes, chunk).finally(() => open.delete(stored))
    open.add(stored)
    if (open.size >= most) await Promise.race(open)
  }
  await Promise.all(open)
  return records
}

/** Figures of an index that lacks something would say nothing. */
async function verify({ api }: OwnedStack, { events, subscriptions }: Installation): Promise<void> {
  for (const n of [0, events - 1]) {
    const { status, text } = await api.call({ method: 'GET', path: `/v1/events/${idOf(n)}` })
    const { deliveries = [] } = JSON.parse(text) as { deliveries?: unknown[] }
    if (deliveries.length !== subscriptions) throw new Error(`the journey of ${idOf(n)}: ${status} ${text}`)
  }
}

async function append(lanes: ProduceLanes, { of, partition, records }: Chunk): Promise<void> {
  await Promise.all(
    records.map(({ key, value, headers }) => lanes.append(of.topic, partition, { key, value, headers })),
  )
}

async function isComplete({ api }: OwnedStack, sinceMs: number): Promise<boolean> {
  const { status, text } = await api.call({ method: 'GET', path: '/v1/events?limit=1' })
  return status === 200 && Date.parse(JSON.parse(text).indexCompleteTo ?? '') >= sinceMs
}
