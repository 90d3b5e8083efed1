import { parseArgs } from 'node:util'
import { openAdmin } from '#shared/kafka/admin.ts'
import type { KafkaConnection } from '#shared/kafka/connection.ts'
import { openLanes, type ProduceLanes } from '#shared/kafka/lanes.ts'
import { createLogger } from '#shared/observability/log.ts'
import { createMetrics, type Metrics } from '#shared/observability/metrics.ts'
import { testBrokers, uniqueName } from '../support/dependencies.ts'

/**
 * How fast the lanes alone write: closed loop, `--callers` that each append a 1 KB event and wait for its answer, for
 * `--seconds`. Prints events/s, records per batch, latency and our CPU per event; asserts nothing.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    callers: { type: 'string', default: '64,256' },
    partitions: { type: 'string', default: '6' },
    bytes: { type: 'string', default: '1024' },
  },
})
const seconds = Number(values.seconds)
const partitions = Number(values.partitions)

type Place = (lanes: ProduceLanes, topic: string, index: number) => number
type Shape = { name: string; ownProducers: boolean; place: Place }
type Row = {
  shape: string
  callers: number
  'events/s': number
  batch: number
  p50: number
  p99: number
  'cpu µs': number
}

const keys = Array.from({ length: 10_000 }, (_, index) => Buffer.from(`customer-${index}`))
const keyless: Place = (lanes, topic) => lanes.placeKeyless(topic, partitions)
const keyed: Place = (lanes, _topic, index) =>
  lanes.partitionForKey(keys[index % keys.length] ?? Buffer.alloc(0), partitions)

const shapes: Shape[] = [
  { name: 'keyless, own producers', ownProducers: true, place: keyless },
  { name: '10,000 keys, own producers', ownProducers: true, place: keyed },
  { name: '10,000 keys, shared producer', ownProducers: false, place: keyed },
]

const log = createLogger('bench', { level: 'error', instance: 'bench' })
const connection: KafkaConnection = { brokers: testBrokers(), clientId: uniqueName('bench'), log }
const admin = await openAdmin(connection)
const topic = uniqueName('bench-lanes')
await admin.createTopic({ name: topic, partitions })
const rows: Row[] = []
for (const shape of shapes) {
  for (const callers of values.callers.split(',').map(Number)) rows.push(await measure(shape, callers))
}
console.table(rows)
await admin.deleteTopic(topic)
await admin.close()

async function measure({ name, ownProducers, place }: Shape, callers: number): Promise<Row> {
  const metrics = createMetrics()
  const lanes = openLanes({ connection, metrics, ownProducers })
  for (let partition = 0; partition < partitions; partition += 1) await lanes.append(topic, partition, event(0))
  const latencies: number[] = []
  const cpu = process.cpuUsage()
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
  const { user, system } = process.cpuUsage(cpu)
  await lanes.close()
  latencies.sort((a, b) => a - b)
  return {
    shape: name,
    callers,
    'events/s': Math.round((latencies.length / tookMs) * 1_000),
    batch: await meanBatch(metrics),
    p50: rounded(latencies[Math.floor(latencies.length * 0.5)] ?? 0),
    p99: rounded(latencies[Math.floor(latencies.length * 0.99)] ?? 0),
    'cpu µs': rounded((user + system) / latencies.length),
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

async function meanBatch(metrics: Metrics): Promise<number> {
  const text = await metrics.registry.metrics()
  const figure = (name: string) =>
    Number(text.match(new RegExp(`^tailrace_lane_batch_records_${name} (\\S+)$`, 'm'))?.[1])
  return rounded(figure('sum') / figure('count'))
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}
