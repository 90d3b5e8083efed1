import type { Admin } from 'kafkajs'
import type { StoredRecord } from '#shared/event/record.ts'
import { type Ask, onBroker } from './broker-call.ts'
import { fetchFrom, leaderOf } from './plain-fetch.ts'
import { toStoredRecord } from './record-mapping.ts'

/** Records of one partition from the first at or after `sinceMs`, by the clock of the log, to its end at the call. */
export type LookBack = { topic: string; partition: number; sinceMs: number }

/** At 1,000 events of 1 KB a second and partition that is more than 15 s. */
const mostBytes = 16 * 1024 * 1024

/**
 * Shows `visit` the newest records of a partition, in order, until it returns true. Resolves with whether that was so;
 * rejects when the end could not be reached: no leader, an error, or more than 16 MiB. A plain fetch, because a consumer of
 * kafkajs reads in a group only, and joining one takes seconds.
 */
export async function lookBack(
  admin: Admin,
  { topic, partition, sinceMs }: LookBack,
  visit: (record: StoredRecord) => boolean,
): Promise<boolean> {
  const [starts, ends] = [
    await admin.fetchTopicOffsetsByTimestamp(topic, sinceMs),
    await admin.fetchTopicOffsets(topic),
  ]
  const at = (offsets: { partition: number; offset: string }[]) =>
    Number(offsets.find((one) => one.partition === partition)?.offset ?? Number.NaN)
  const [from, end] = [at(starts), at(ends)]
  if (Number.isNaN(from) || Number.isNaN(end)) throw new Error(`${topic}/${partition} is unknown`)
  const address = await leaderOf(admin, topic, partition)
  return await onBroker(address, (ask) => walk({ topic, partition, from, end, visit }, ask))
}

type Walk = {
  topic: string
  partition: number
  from: number
  /** The offset behind the last one to be read. */
  end: number
  visit(record: StoredRecord): boolean
}

async function walk({ topic, partition, from, end, visit }: Walk, ask: Ask): Promise<boolean> {
  let bytes = 0
  let next = from
  while (next < end) {
    const { messages, size } = await fetchFrom({ topic, partition, offset: next }, ask)
    bytes += size
    const last = messages.at(-1)
    if (last === undefined || Number(last.offset) < next || bytes > mostBytes) {
      throw new Error(`${topic}/${partition} could not be read from ${next} to ${end}`)
    }
    for (const message of messages) {
      // A fetch begins with the whole batch that its offset stands in.
      if (Number(message.offset) < next || Number(message.offset) >= end) continue
      if (visit(toStoredRecord(topic, partition, message))) return true
    }
    next = Number(last.offset) + 1
  }
  return false
}
