import { parseArgs } from 'node:util'
import { openAdmin } from '#shared/kafka/admin.ts'
import type { KafkaConnection } from '#shared/kafka/connection.ts'
import type { LaneKind } from '#shared/kafka/lane-senders.ts'
import { openLanes, type ProduceLanes } from '#shared/kafka/lanes.ts'
import { createLogger } from '#shared/observability/log.ts'
import { createMetrics, type Metrics } from '#shared/observability/metrics.ts'
import { holderByProc } from '../../services/cli/up/port-holder.ts'
import { testBrokers, uniqueName } from '../support/dependencies.ts'
import { usageOf } from './processes.ts'

/**
 * How fast the lanes alone write: closed loop, `--callers` that each append a 1 KB event and wait for its answer, for
 * `--seconds`. The kinds take turns, `--rounds` times, so that a slow moment of the machine meets all of them. Prints
 * events/s, records per batch, produce requests, latency and CPU seconds (ours, all brokers) per 10,000 events; asserts
 * nothing.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '1' },
    callers: { type: 'string', default: '64,256' },
    partitions: { type: 'string', default: '6' },
    bytes: { type: 'string', default: '1024' },
    kinds: { type: 'string', default: 'leader,partition' },
  },
})
const seconds = Number(values.seconds)
const partitions = Number(values.partitions)
const kinds = values.kinds.split(',') as LaneKind[]

type Place = (lanes: ProduceLanes, topic: string, index: number) => number
type Load = { keys: string; place: Place; callers: number }
type Row = {
  lanes: LaneKind
  load: string
  callers: number
  'events/s': number
  p50: number
  p99: number
  batch: number
  'requests/10k': number
  'cpu/10k': number
  'brokers/10k': number
}

const keys = Array.from({ length: 10_000 }, (_, index) => Buffer.from(`customer-${index}`))
const keyless: Place = (lanes, topic) => lanes.placeKeyless(topic, partitions)
const keyed: Place = (lanes, _topic, index) =>
  lanes.partitionForKey(keys[index % keys.length] ?? Buffer.alloc(0), partitions)

const loads: Load[] = values.callers.split(',').flatMap((callers) => [
  { keys: 'none', place: keyless, callers: Number(callers) },
  { keys: '10,000', place: keyed, callers: Number(callers) },
])

const log = createLogger('bench', { level: 'error', instance: 'bench' })
const connection: KafkaConnection = { brokers: testBrokers(), clientId: uniqueName('bench'), log }
const brokers = testBrokers().flatMap((address) => holderByProc(Number(address.split(':')[1])) ?? [])
/** CPU seconds that these processes have taken so far, user and system. */
const cpuSecondsOf = (pids: readonly number[]) => pids.reduce((sum, pid) => sum + usageOf(pid).cpuSeconds, 0)
const admin = await openAdmin(connection)
const topic = uniqueName('bench-lanes')
await admin.createTopic({ name: topic, partitions })
// The first thousands of sends are slower whoever makes them.
for (const kind of kinds) await measure(kind, { keys: '', place: keyed, callers: 64 })
const rows: Row[] = []
for (const load of loads) {
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const kind of round % 2 === 0 ? kinds : kinds.toReversed()) rows.push(await measure(kind, load))
  }
}
console.table(rows)
await admin.deleteTopic(topic)
await admin.close()

async function measure(kind: LaneKind, { keys: load, place, callers }: Load): Promise<Row> {
  const metrics = createMetrics()
  const lanes = openLanes({ connection, metrics, kind })
  for (let partition = 0; partition < partitions; partition += 1) await lanes.append(topic, partition, event(0))
  const latencies: number[] = []
  const [own, theirs] = [process.cpuUsage(), cpuSecondsOf(brokers)]
  const startedAt = performance.now()
  let index = 0
  const caller = async () => {
    while (performance.now() - startedAt < seconds * 1_000) {
      const sentAt = performance.now()
      index += 1
      await lanes.append(topic, place(lanes, topic, index), event(index))
      latencies.push(performance.now() - sentAt)
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  const tookMs = performance.now() - startedAt
  const { user, system } = process.cpuUsage(own)
  const brokersCpu = cpuSecondsOf(brokers) - theirs
  await lanes.close()
  latencies.sort((a, b) => a - b)
  const per10k = (amount: number) => rounded((amount / latencies.length) * 10_000)
  return {
    ...{ lanes: kind, load: `keys: ${load}`, callers },
    'events/s': Math.round((latencies.length / tookMs) * 1_000),
    p50: rounded(latencies[Math.floor(latencies.length * 0.5)] ?? 0),
    p99: rounded(latencies[Math.floor(latencies.length * 0.99)] ?? 0),
    batch: rounded(
      (await figure(metrics, 'lane_batch_records_sum')) / (await figure(metrics, 'lane_batch_records_count')),
    ),
    'requests/10k': per10k(await figure(metrics, 'lane_sends_total')),
    'cpu/10k': per10k((user + system) / 1e6),
    'brokers/10k': per10k(brokersCpu),
  }
}

function event(index: number) {
  const headers = {
    'content-type': 'application/json',
    ce_id: String(index),
    ce_source: '/bench',
    ce_type: 'bench.event',
  }
  return { key: null, value: Buffer.alloc(Number(values.bytes), 0x61), headers }
}

async function figure(metrics: Metrics, name: string): Promise<number> {
  const text = await metrics.registry.metrics()
  return Number(text.match(new RegExp(`^tailrace_${name} (\\S+)$`, 'm'))?.[1])
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
