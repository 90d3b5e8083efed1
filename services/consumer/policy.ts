import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { describeEvent } from '#shared/event/describe.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { PairPolicy, Verdict } from './pair/states.ts'

/** As much as a stream topic takes in one batch: a larger record of a bound topic fits no dead letter either. */
const longestValueBytes = 1024 * 1024

/**
 * Events waiting in one partition's memory. A paused partition notices its resume up to 250 ms late, so half of this must
 * last that long: 1,000 events are 250 ms at 4,000/s from one partition, 24,000/s from six.
 */
const inboxEvents = 2_000

/** Values that wait in all inboxes of the process together; more of them wait in Kafka. */
const allInboxBytes = 64 * 1024 * 1024
const [smallestInboxBytes, largestInboxBytes] = [256 * 1024, 4 * 1024 * 1024]

/** The share of one partition when `pairs` of them could be owned here. */
export function inboxBytesFor(pairs: number): number {
  return Math.min(largestInboxBytes, Math.max(smallestInboxBytes, Math.floor(allInboxBytes / Math.max(1, pairs))))
}

/** Events that may wait behind one failing head, and in one pair altogether. */
const waiting = { perKey: 10_000, perPair: 100_000 }

/**
 * What a subscription asks of each of its pairs. `bytes` is the share of one partition in the memory of the process, for
 * fresh events, and as much again for values of parked ones.
 */
export function pairPolicyOf({ ordering, retry }: Subscription, stream: Stream, bytes: number): PairPolicy {
  return {
    ...{ ordering, whileBlocked: retry.whileBlocked, retry, judge },
    inbox: { events: inboxEvents, bytes },
    waiting: { ...waiting, valueBytes: bytes },
    eventIdOf: (record) => describeEvent(record, stream).id,
  }
}

/** What becomes of a record without a filter. */
export function judge({ value }: StoredRecord): Verdict {
  if (value === null) return 'malformed-record'
  return value.length > longestValueBytes ? 'too-large' : 'deliver'
}
