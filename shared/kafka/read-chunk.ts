import type { Admin } from 'kafkajs'
import type { StoredRecord } from '#shared/event/record.ts'
import { onBroker } from './broker-call.ts'
import { type FetchedMessage, fetchFrom, leaderOf } from './plain-fetch.ts'
import { toStoredRecord } from './record-mapping.ts'

/** Offsets [from, to) of one partition. */
export type ChunkRange = { topic: string; partition: number; from: number; to: number }

/** `next` is where the following chunk begins; offsets that were passed over do not exist. */
export type Chunk = { records: StoredRecord[]; next: number }

/**
 * The first records of a range, as many as one fetch of 1 MiB brings, in order; nothing beyond `to`. A plain fetch, because a
 * consumer of kafkajs reads in a group only, and joining one takes seconds. Rejects when `from` is outside the log, or while
 * the partition has no leader.
 */
export async function readChunk(admin: Admin, { topic, partition, from, to }: ChunkRange): Promise<Chunk> {
  if (from >= to) return { records: [], next: to }
  const address = await leaderOf(admin, topic, partition)
  const { messages, highWatermark } = await onBroker(address, (ask) =>
    fetchFrom({ topic, partition, offset: from }, ask),
  )
  if (messages.length === 0 && highWatermark < to) throw new Error(`${topic}/${partition} ends before ${to}`)
  const wanted = messages.filter(({ offset }) => Number(offset) >= from && Number(offset) < to)
  return {
    records: wanted
      .filter(({ isControlRecord }) => isControlRecord !== true)
      .map((message) => toStoredRecord(topic, partition, message)),
    next: nextOf(messages, { from, to }),
  }
}

/** Nothing at all: the log has no more of the range. A compacted batch may have nothing from `from` on and hide the next one. */
function nextOf(messages: readonly FetchedMessage[], { from, to }: Pick<ChunkRange, 'from' | 'to'>): number {
  const last = messages.at(-1)
  return last === undefined ? to : Math.min(Math.max(Number(last.offset), from) + 1, to)
}
