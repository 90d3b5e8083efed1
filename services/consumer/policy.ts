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

/** Values that wait in all inboxes of the process together, and as much again of parked ones; more of them wait in Kafka. */
const allInboxBytes = 64 * 1024 * 1024
const [smallestInboxBytes, largestInboxBytes] = [256 * 1024, 4 * 1024 * 1024]

/** Events that may wait behind one failing head. */
const waitingPerKey = 10_000
/** Events that wait in all pairs of the process together: half a kilobyte each, without their values. */
const allWaiting = 250_000
/** More than may wait for one key, so that a failing event ends before it stops the others of its partition. */
const [fewestWaiting, mostWaiting] = [12_000, 100_000]

/** What one pair may hold of the memory of its process: bytes of fresh events, as many of parked ones, and how many wait. */
export type PairShare = { bytes: number; waiting: number }

/** The share of each when `pairs` of them could be owned here. */
export function pairShare(pairs: number): PairShare {
  const share = (all: number, least: number, most: number) =>
    Math.min(most, Math.max(least, Math.floor(all / Math.max(1, pairs))))
  return {
    bytes: share(allInboxBytes, smallestInboxBytes, largestInboxBytes),
    waiting: share(allWaiting, fewestWaiting, mostWaiting),
  }
}

/** What a subscription asks of each of its pairs. */
export function pairPolicyOf(
  { ordering, retry }: Subscription,
  stream: Stream,
  { bytes, waiting }: PairShare,
): PairPolicy {
  return {
    ...{ ordering, whileBlocked: retry.whileBlocked, retry, judge },
    inbox: { events: inboxEvents, bytes },
    waiting: { perKey: waitingPerKey, perPair: waiting, valueBytes: bytes },
    eventIdOf: (record) => describeEvent(record, stream).id,
  }
}

/** What becomes of a record without a filter. */
export function judge({ value }: StoredRecord): Verdict {
  if (value === null) return 'malformed-record'
  return value.length > longestValueBytes ? 'too-large' : 'deliver'
}
