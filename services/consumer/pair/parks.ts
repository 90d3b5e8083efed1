import { isSkipping, stepAside } from './aside.ts'
import { clockOf, inheritClock, wallClockMs } from './clocks.ts'
import { type Delivery, hasPark, isLoaded, sourceOf } from './deliveries.ts'
import { place } from './heads.ts'
import { ensure } from './invariants.ts'
import { parkRecord } from './retry-record.ts'
import { emit, isWorking, type Pair } from './states.ts'
import { finishOffset } from './stream-offsets.ts'

/** An attempt failed: the event waits in the retry partition, and everything behind it does too. */
export function parkFailed(pair: Pair, failed: Delivery, wait: { cause: string; dueAtMs: number }): void {
  const { next } = failed
  failed.dueAtMs = wait.dueAtMs
  const sinceMs = clockOf(failed) ?? pair.nowMs
  park(pair, failed, { cause: wait.cause, clockMs: sinceMs < pair.nowMs ? sinceMs : null })
  stepAside(pair, failed)
  parkFollowers(pair, next)
  // an earlier event may have come before it during the attempt
  place(pair, failed.queue)
}

/**
 * Parks what waits behind a head that is parked or being parked, from `first` on, in order: each as soon as everything
 * before it is in the retry partition or ahead of it in the lane. A later owner that finds it there finds those too.
 */
export function parkFollowers(pair: Pair, first: Delivery | null): void {
  if (!isWorking(pair) || isSkipping(pair) || pair.dropped.followersInOrder) return
  // one that the filter of now does not want would be accepted by its park
  if (pair.table.unjudged.length > 0) return
  for (let next = first; next !== null && isBehindParks(next); next = next.next) {
    if (next.state === 'queued' && next.burial === null) parkFollower(pair, next)
  }
}

/** All were judged: what had to wait for that behind parked heads is parked now. */
export function parkJudged(pair: Pair): void {
  for (const { head } of pair.table.queues.values()) parkFollowers(pair, head?.next ?? null)
}

/** A record of the stream took its place in its queue. */
export function parkArrival(pair: Pair, delivery: Delivery): void {
  const { queue } = delivery
  const { head } = queue
  if (pair.dropped.followersInOrder && head !== null && head !== delivery && hasPark(head)) parkFollower(pair, delivery)
  else parkFollowers(pair, delivery)
  if (queue.length > pair.policy.waiting.perKey && head?.state === 'parked') place(pair, queue)
}

function isBehindParks({ previous, queue }: Delivery): boolean {
  return previous !== null && queue.head !== null && hasPark(queue.head) && hasPark(previous)
}

function parkFollower(pair: Pair, follower: Delivery): void {
  const { head } = follower.queue
  const sinceMs = (head === null ? null : clockOf(head)) ?? pair.nowMs
  inheritClock(follower, sinceMs)
  park(pair, follower, { cause: `behind-${head?.offset}`, clockMs: sinceMs })
}

function park(pair: Pair, delivery: Delivery, { cause, clockMs }: { cause: string; clockMs: number | null }): void {
  const { previous, attempts, firstAttemptAtMs } = delivery
  ensure(pair, previous === null || hasPark(previous), [
    'I-c',
    `${delivery.offset} is parked before ${previous?.offset}`,
  ])
  if (!isLoaded(delivery)) return
  delivery.state = 'parking'
  delivery.isParkAhead = true
  pair.table.count.appending += 1
  const ref = { kind: 'park', ...sourceOf(delivery) } as const
  const clockAtMs = clockMs === null ? null : wallClockMs(pair, clockMs)
  const record = parkRecord(delivery.record, { owner: pair.token, cause, clockAtMs, attempts, firstAttemptAtMs })
  emit(pair, { kind: 'append', token: pair.token, ref, record })
  if (pair.dropped.finishAfterAck) finishOffset(pair, delivery)
}
