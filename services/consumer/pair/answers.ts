import { stepAside } from './aside.ts'
import { bury } from './burials.ts'
import { startClock } from './clocks.ts'
import { type Burial, type Delivery, findDelivery, hasPark, isLoaded } from './deliveries.ts'
import { end, endUnparked } from './endings.ts'
import { isExhausted } from './give-up.ts'
import { place } from './heads.ts'
import type { Outcome } from './inputs.ts'
import { ensure } from './invariants.ts'
import { parkFailed } from './parks.ts'
import { nextPointMs } from './schedule.ts'
import { emit, isWorking, type Pair } from './states.ts'
import { keepOrLeave } from './values.ts'

type Failure = Extract<Outcome, { kind: 'failed' | 'target-waits' }>

/** Applies what an attempt came to. */
export function answer(pair: Pair, source: { offset: number; timestampMs: number }, outcome: Outcome): void {
  const delivery = findDelivery(pair.table.deliveries, source.offset, source.timestampMs)
  const isExpected = delivery?.state === 'attempting'
  ensure(pair, isExpected, ['I-f', `an answer for ${source.offset}, which is ${delivery?.state ?? 'unknown'}`])
  if (delivery === null || delivery.state === 'ended') return
  takeBack(pair, delivery)
  count(delivery, outcome)
  if (delivery.isEndedElsewhere && !hasPark(delivery)) endUnparked(pair, delivery)
  else conclude(pair, delivery, outcome)
}

function conclude(pair: Pair, delivery: Delivery, outcome: Outcome): void {
  switch (outcome.kind) {
    case 'delivered':
      delivery.queue.successes += 1
      emit(pair, { kind: 'delivered', token: pair.token, offset: delivery.offset })
      end(pair, delivery, 'delivered')
      return
    case 'refused':
      buryAttempted(pair, delivery, outcome)
      return
    case 'unproven':
      backToQueue(pair, delivery)
      return
    case 'target-waits':
    case 'failed':
      fail(pair, delivery, outcome)
      return
    default:
      outcome satisfies never
  }
}

/**
 * Gives up, or waits for the next time. What fails while the pair stops is left unfinished: its park might be the last
 * thing to settle, and the next owner tries it anyway.
 */
function fail(pair: Pair, delivery: Delivery, outcome: Failure): void {
  const { nowMs, policy, table } = pair
  const clockMs = startClock(delivery, nowMs)
  if (outcome.kind === 'target-waits') delivery.askedToWaitAtMs = nowMs
  const times = { clockMs, nowMs, workingSinceMs: table.workingSinceMs }
  if (!isWorking(pair)) backToQueue(pair, delivery)
  else if (isExhausted(policy.retry, times)) buryAttempted(pair, delivery, endOf(outcome))
  else if (outcome.kind === 'target-waits' && !outcome.own) backToQueue(pair, delivery)
  else wait(pair, delivery, { cause: outcome.code, dueAtMs: nextAttemptMs(pair, clockMs, outcome) })
}

function nextAttemptMs({ nowMs, policy }: Pair, clockMs: number, outcome: Failure): number {
  if (outcome.kind === 'target-waits') return nowMs + outcome.waitMs
  return clockMs + nextPointMs(policy.retry, outcome.eventId, nowMs - clockMs)
}

function wait(pair: Pair, delivery: Delivery, next: { cause: string; dueAtMs: number }): void {
  if (!hasPark(delivery)) {
    parkFailed(pair, delivery, next)
    return
  }
  delivery.state = 'parked'
  delivery.dueAtMs = next.dueAtMs
  // the commit says how far the schedule was followed
  pair.table.dirty = true
  keepOrLeave(pair, delivery)
  stepAside(pair, delivery)
  place(pair, delivery.queue)
}

/** What a target put off for ever is given up like anything else. */
function endOf(outcome: Failure): Burial {
  return outcome.kind === 'failed' ? outcome : { ...outcome, cause: 'exhausted' }
}

function buryAttempted(pair: Pair, delivery: Delivery, { cause, code, detail }: Burial): void {
  if (isLoaded(delivery)) bury(pair, delivery, { cause, code, detail })
}

/** Not this event's fault, or not the time to act on it: it is the next of its key, at the end of the line. */
function backToQueue(pair: Pair, delivery: Delivery): void {
  delivery.state = hasPark(delivery) ? 'parked' : 'queued'
  delivery.dueAtMs = 0
  place(pair, delivery.queue)
}

function takeBack({ table }: Pair, delivery: Delivery): void {
  const { queue } = delivery
  table.count.attempting -= 1
  if (delivery.attemptedOf === 'retry') table.count.attemptingRetry -= 1
  if (queue.busy === delivery) queue.busy = null
}

/** What was never sent leaves no trace. */
function count(delivery: Delivery, { kind, attempts, firstAttemptAtMs, lastAttemptAtMs }: Outcome): void {
  if (kind === 'unproven' && attempts === 0) return
  delivery.attempts += attempts
  delivery.firstAttemptAtMs ??= firstAttemptAtMs
  delivery.lastAttemptAtMs = lastAttemptAtMs
}
