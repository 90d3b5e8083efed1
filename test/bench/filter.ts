import type { Stream, Subscription } from '#shared/catalog/model.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { Filtering } from '../../services/consumer/filtering.ts'
import { createPair, type PairPolicy } from '../../services/consumer/pair/states.ts'
import { step } from '../../services/consumer/pair/step.ts'
import { pairPolicyOf } from '../../services/consumer/policy.ts'

/**
 * What a filter costs per record, in the judgement alone and in the pair that reads records with it.
 *
 *   node test/bench/filter.ts
 */
const stream = { name: 'orders', defaultType: null, topic: 's', partitions: 1 } as Stream
const subscription = {
  ordering: 'key',
  retry: { scheduleMs: [5_000], giveUpAfterMs: 86_400_000, whileBlocked: 'wait' },
} as Subscription
const records = 50_000
const value = Buffer.from(
  JSON.stringify({ total: 150, currency: 'EUR', items: Array(10).fill({ sku: 'a', price: 15 }) }),
)

const filters: Record<string, Subscription['filter']> = {
  'no filter': { types: null, cel: null },
  'types, wanted': { types: ['order.*', 'invoice.**'], cel: null },
  'types, not wanted': { types: ['invoice.**', 'credit.*'], cel: null },
  attributes: { types: null, cel: 'event.source == "/shop" && event.region == "eu"' },
  'data, wanted': { types: null, cel: 'event.data.total > 100' },
  'data, not wanted': { types: null, cel: 'event.data.total > 200' },
  'data, a list': { types: null, cel: 'event.data.items.exists(i, i.sku == "b")' },
  'data, missing': { types: null, cel: 'event.data.absent > 200' },
}

for (const round of ['warm-up', 'measured']) {
  if (round === 'measured') console.log(`${records} records of ${value.length} bytes: µs per record`)
  for (const [name, filter] of Object.entries(filters)) {
    const filtering = new Filtering({ onUnusable: (detail) => console.log(detail) })
    filtering.follow({ filter }, stream)
    const batch = Array.from({ length: records }, (_, offset) => recordOf(offset))
    const judging = microseconds(() => batch.forEach((record) => void filtering.judge(record)))
    const policy = { ...pairPolicyOf(subscription, stream, { bytes: 1e9, waiting: 1e6 }), judge: filtering.judge }
    const reading = microseconds(() => read(policy, batch))
    if (round === 'measured') console.log(`${name.padEnd(20)} judged ${judging}   read by a pair ${reading}`)
  }
}

function recordOf(offset: number): StoredRecord {
  const headers = {
    ...{ ce_specversion: '1.0', ce_id: `e${offset}`, ce_source: '/shop', ce_type: 'order.created', ce_region: 'eu' },
    'content-type': 'application/json',
  }
  return { topic: 's', partition: 0, offset, timestampMs: 0, key: Buffer.from(`k${offset % 1_000}`), value, headers }
}

/** A pair that has begun, with room for everything. */
function read(policy: PairPolicy, batch: StoredRecord[]): void {
  const pair = createPair({ topic: 's', partition: 0 }, policy)
  pair.phase = 'running'
  step(pair, { kind: 'records', of: 'stream', fetchedFrom: 0, records: batch }, 0)
}

function microseconds(work: () => void): string {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return ((user + system) / records).toFixed(2).padStart(6)
}
