import { isDeepStrictEqual } from 'node:util'
import type { Delivery } from './deliveries.ts'
import { takeDue } from './due-times.ts'
import { place } from './heads.ts'
import type { KeyQueue } from './key-queues.ts'
import { nextPointMs, type RetryPolicy } from './schedule.ts'
import type { Pair } from './states.ts'

/**
 * Another schedule than the due times of the table were made by counts for what waits already, as it would for the next
 * owner: what failed is due at the first point of the new schedule that is still to come. What a receiver put off by
 * Retry-After keeps its time.
 */
export function followSchedule(pair: Pair): void {
  const before = pair.schedule
  pair.schedule = pair.policy.retry
  if (isDeepStrictEqual(pointsOf(before), pointsOf(pair.schedule))) return
  const { due, deliveries } = pair.table
  const waiting: KeyQueue[] = []
  for (let queue = takeDue(due, Number.POSITIVE_INFINITY); queue !== null; ) {
    waiting.push(queue)
    queue = takeDue(due, Number.POSITIVE_INFINITY)
  }
  for (const first of deliveries.values()) {
    for (let next: Delivery | null = first; next !== null; next = next.twin) reschedule(pair, next)
  }
  for (const queue of waiting) place(pair, queue)
}

function reschedule({ policy, nowMs }: Pair, delivery: Delivery): void {
  const { clock, state, record, dueAtMs, askedToWaitAtMs } = delivery
  const isWaiting = (state === 'parked' || state === 'parking') && dueAtMs > nowMs
  if (!isWaiting || clock === null || clock.heldBy !== null || askedToWaitAtMs !== null) return
  // Without its value in memory the offset stands in for the id: it only spreads events that failed together.
  const id = record === null ? String(delivery.offset) : policy.eventIdOf(record)
  delivery.dueAtMs = clock.sinceMs + nextPointMs(policy.retry, id, Math.max(0, nowMs - clock.sinceMs))
}

const pointsOf = ({ scheduleMs, giveUpAfterMs }: RetryPolicy): RetryPolicy => ({ scheduleMs, giveUpAfterMs })
