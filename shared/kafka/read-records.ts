import type { Admin } from 'kafkajs'
import type { StoredRecord } from '#shared/event/record.ts'
import { onBroker } from './broker-call.ts'
import { type FetchedMessage, fetchFrom, leaderOf } from './plain-fetch.ts'
import { toStoredRecord } from './record-mapping.ts'

/** Offsets [from, to) of one partition. Without `mostBytes` one fetch of 1 MiB is made, else fetches until they are that much. */
export type RecordRange = { topic: string; partition: number; from: number; to: number; mostBytes?: number }

/** `next` is where the rest begins, `to` when all was read; offsets that were passed over do not exist. */
export type RangeRead = { records: StoredRecord[]; next: number; bytes: number }

/**
 * The first records of a range, in order; nothing beyond `to`. Plain fetches, because a consumer of kafkajs reads in a group
 * only, and joining one takes seconds. Rejects when `from` is outside the log, or while the partition has no leader.
 */
export async function readRecords(admin: Admin, range: RecordRange): Promise<RangeRead> {
  const { topic, partition, from, to, mostBytes = 0 } = range
  const read: RangeRead = { records: [], next: Math.min(from, to), bytes: 0 }
  if (from >= to) return read
  return await onBroker(await leaderOf(admin, topic, partition), async (ask) => {
    while (read.next < to && (read.bytes === 0 || read.bytes < mostBytes)) {
      const place = { topic, partition, offset: read.next }
      const { messages, size, highWatermark } = await fetchFrom(place, ask)
      if (messages.length === 0 && highWatermark < to) throw new Error(`${topic}/${partition} ends before ${to}`)
      const wanted = messages.filter(({ offset }) => Number(offset) >= read.next && Number(offset) < to)
      for (const message of wanted) {
        if (message.isControlRecord !== true) read.records.push(toStoredRecord(topic, partition, message))
      }
      read.bytes += size
      read.next = nextOf(messages, { from: read.next, to })
    }
    return read
  })
}

/** Nothing at all: the log has no more of the range. A compacted batch may have nothing from `from` on and hide the next one. */
function nextOf(messages: readonly FetchedMessage[], { from, to }: Pick<RecordRange, 'from' | 'to'>): number {
  const last = messages.at(-1)
  return last === undefined ? to : Math.min(Math.max(Number(last.offset), from) + 1, to)
}
