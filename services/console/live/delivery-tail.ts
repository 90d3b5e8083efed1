import { isFirstTry, type LogBatch, type LogEntry } from '#shared/delivery/log/entries.ts'
import { readBatch } from '#shared/delivery/log/read-batch.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { inSlices } from '#shared/resilience/slices.ts'
import { deliveryOf } from '../deliveries/answer.ts'
import type { StateNames } from '../deliveries/live-state.ts'
import { count, type DeliveryBatch, type LiveDelivery } from './deliveries.ts'
import type { Sources } from './watch.ts'

/** Of one look; the rest is counted. Ten times what a client is shown, so that a filter finds something. */
const mostKept = 250
/** Of one partition at a time. A tail that is further behind goes on from the end: it shows what happens now. */
const mostBytes = 2 * 1024 * 1024
const mostBehind = 2_000

type Options = {
  admin: Pick<KafkaAdmin, 'offsets' | 'read'>
  /** The attempts topic. */
  topic: string
  /** How states are called now. */
  names(): Promise<StateNames>
}

/** What is written to the attempts log from `begin` on, read without a group: who listens comes and goes. */
export function createDeliveryTail({ admin, topic, names }: Options): Sources['deliveries'] {
  const positions = new Map<number, number>()
  const readPart = async ({ partition, high }: { partition: number; high: number }) => {
    const from = positions.get(partition) ?? high
    if (high - from > mostBehind || high < from) {
      positions.set(partition, high)
      return []
    }
    if (from === high) return []
    const { records, next } = await admin.read({ topic, partition, from, to: high, mostBytes })
    positions.set(partition, next)
    return records
  }
  return {
    async begin() {
      positions.clear()
      for (const { partition, high } of await admin.offsets(topic)) {
        // An answer that came late: the tail goes on from where it began meanwhile.
        if (!positions.has(partition)) positions.set(partition, high)
      }
    },
    async since() {
      const parts = await admin.offsets(topic)
      const records = (await Promise.all(parts.map(readPart))).flat()
      if (records.length === 0) return { kept: [], more: new Map() }
      const known = await names()
      const slices = inSlices()
      const gathered = gather()
      for (const record of records.sort((a, b) => a.timestampMs - b.timestampMs)) {
        await slices.pause()
        const batch = readBatch(record)
        for (const entry of batch?.entries ?? []) if (batch !== null) gathered.add(batch, entry, known)
      }
      return gathered.batch()
    },
  }
}

function gather() {
  const kept: LiveDelivery[] = []
  const more = new Map<string, number>()
  return {
    add(batch: LogBatch, entry: LogEntry, names: StateNames): void {
      const isNotable = !isFirstTry(entry)
      const { subscription } = batch
      if (kept.length >= (isNotable ? 2 * mostKept : mostKept)) {
        count(more, { subscription, state: names.of(batch, entry) })
        return
      }
      const data = dataOf(batch, entry, names)
      kept.push({ subscription, state: data.state, isNotable, data })
    },
    batch: (): DeliveryBatch => ({ kept, more }),
  }
}

function dataOf(batch: LogBatch, entry: LogEntry, names: StateNames) {
  const { key, type, atMs, list } = entry
  const last = list.at(-1)
  return {
    ...deliveryOf(batch, entry, names),
    ...{ at: new Date(atMs).toISOString(), key, type, job: batch.job, instance: batch.instance },
    lastAttempt:
      last === undefined
        ? null
        : {
            ...{ number: last.number, target: last.url, decision: last.decision, code: last.code },
            ...{ status: last.status, totalMs: last.timingsMs.total },
          },
  }
}
