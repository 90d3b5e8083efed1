import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { openLanes, type ProduceLanes } from '#shared/kafka/lanes.ts'
import { withResources } from '#shared/lifecycle.ts'
import { createLogger } from '#shared/observability/log.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import type { Chunk } from '../../../services/console/index/store.ts'
import { untilRestarted } from '../../support/health.ts'
import { type OwnedStack, startStack } from '../../support/stack.ts'
import { until } from '../../support/until.ts'
import { warn } from '../evidence.ts'
import { usageOf } from '../processes.ts'
import { chunksOf, type Installation, stream } from './fill.ts'

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
    await fill(lanes, installation, signal)
    const records = events * (1 + subscriptions)
    console.log(`\n${records} records are in the log`)

    const index = join(stack.dir, 'index')
    const victim = await stack.kill('console-1', 'SIGKILL')
    rmSync(index, { recursive: true })
    const killedAt = Date.now()
    await untilRestarted(stack, victim)
    await until('the index is complete', () => signal.aborted || isComplete(stack, killedAt), ceilingMs)
    signal.throwIfAborted()
    const completeAt = Date.now()
    const { cpuSeconds, residentBytes } = usageOf((await stack.process('console-1')).pid)
    const perSecondSince = (atMs: number) => Math.round((records * 1_000) / (completeAt - atMs))
    console.log(
      `from Kafka into an empty index: ${perSecondSince(statSync(join(index, 'index.db')).birthtimeMs)} records/s, ` +
        `${perSecondSince(killedAt)} with the start of the console, ${Math.round(records / cpuSeconds)} per second of its ` +
        `CPU; ${(residentBytes / 1024 ** 2).toFixed(0)} MiB resident`,
    )
    await resources.close()
  })
}

/** Each chunk stands in the log as the generator says that it was read from there. */
async function fill(lanes: ProduceLanes, installation: Installation, signal: AbortSignal): Promise<void> {
  const open = new Set<Promise<unknown>>()
  for (const chunk of chunksOf(installation)) {
    signal.throwIfAborted()
    const stored = append(lanes, chunk).finally(() => open.delete(stored))
    open.add(stored)
    if (open.size >= most) await Promise.race(open)
  }
  await Promise.all(open)
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
