import { finish, isFinished } from './ack-window.ts'
import type { Effect } from './effects.ts'
import { isExhausted } from './give-up.ts'
import type { Outcome } from './inputs.ts'
import { ensure } from './invariants.ts'
import { type Delivery, dropHead, pushReady, takeReady } from './key-queues.ts'
import { resumeIfRoom, sizeOf } from './read.ts'
import { nextPointMs } from './schedule.ts'
import type { Pair } from './states.ts'
import { pushWaiting, releaseEarliest } from './waiting.ts'

/** Starts up to `slots` attempts, one per queue, the queue that waited longest first. */
export function offer(pair: Pair, slots: number): Effect[] {
  const effects: Effect[] = []
  while (effects.length < slots) {
    const delivery = takeReady(pair.queues)?.head ?? null
    if (delivery === null) break
    ensure(delivery.state === 'queued', 'one attempt per queue, and never while its append is under way')
    delivery.state = 'attempting'
    pair.attempting += 1
    effects.push({ kind: 'attempt', delivery })
  }
  return effects
}

/** One attempt although the pair holds; a head that waits for its time will do when no other is there. */
export function probe(pair: Pair): Effect[] {
  if (pair.queues.readyCount === 0) releaseEarliest(pair.queues)
  return offer(pair, 1)
}

/** Applies what an attempt came to. */
export function answer(pair: Pair, offset: number, outcome: Outcome, nowMs: number): Effect[] {
  const delivery = attempted(pair, offset)
  pair.attempting -= 1
  count(delivery, outcome)
  switch (outcome.kind) {
    case 'delivered':
      delivery.queue.inheritedClockMs = null
      return settle(pair, delivery, true)
    case 'refused':
      return bury(pair, delivery, outcome)
    case 'unproven':
      return backToLine(pair, delivery)
    case 'target-waits':
      return askedToWait(pair, delivery, outcome, nowMs)
    case 'failed':
      return fail(pair, delivery, outcome, nowMs)
    default:
      return outcome satisfies never
  }
}

/** The dead letter is acknowledged: only now is the delivery over. */
export function appended(pair: Pair, offset: number): Effect[] {
  const delivery = pair.deliveries.get(offset)
  if (pair.defects.applyStaleAnswers && delivery === undefined) return []
  ensure(delivery?.state === 'appending', 'I-a: an acknowledgement belongs to a dead letter under way')
  pair.appending -= 1
  return settle(pair, delivery, delivery.queue.head === delivery)
}

/** The give-up clock starts at the first failure, or started with the head that this event waited behind. */
function startClock(delivery: Delivery, nowMs: number): number {
  delivery.clockMs ??= delivery.queue.inheritedClockMs ?? nowMs
  return delivery.clockMs
}

function fail(pair: Pair, delivery: Delivery, outcome: Extract<Outcome, { kind: 'failed' }>, nowMs: number): Effect[] {
  const clockMs = startClock(delivery, nowMs)
  if (isOver(pair, clockMs, nowMs)) return bury(pair, delivery, outcome)
  if (pair.phase === 'draining') return backToLine(pair, delivery)
  return wait(pair, delivery, clockMs + nextPointMs(pair.policy.retry, outcome.eventId, nowMs - clockMs))
}

/** No attempt is counted, but an event that a target puts off for ever is given up like any other. */
function askedToWait(
  pair: Pair,
  delivery: Delivery,
  outcome: Extract<Outcome, { kind: 'target-waits' }>,
  nowMs: number,
): Effect[] {
  const clockMs = startClock(delivery, nowMs)
  if (isOver(pair, clockMs, nowMs)) return bury(pair, delivery, { ...outcome, cause: 'exhausted' })
  delivery.askedToWaitAtMs = nowMs
  return outcome.own && pair.phase !== 'draining'
    ? wait(pair, delivery, nowMs + outcome.waitMs)
    : backToLine(pair, delivery)
}

const isOver = ({ policy, workingSinceMs, phase }: Pair, clockMs: number, nowMs: number): boolean =>
  phase !== 'draining' && isExhausted(policy.retry, { clockMs, workingSinceMs, nowMs })

function wait(pair: Pair, delivery: Delivery, dueAtMs: number): Effect[] {
  delivery.state = 'waiting'
  delivery.dueAtMs = dueAtMs
  pushWaiting(pair.queues, delivery.queue)
  return []
}

function backToLine(pair: Pair, delivery: Delivery): Effect[] {
  delivery.state = 'queued'
  pushReady(pair.queues, delivery.queue)
  return []
}

/** Ends a delivery without success: its dead letter goes out, its offset stays unfinished until that is acknowledged. */
function bury(pair: Pair, delivery: Delivery, end: { cause: string; code: string; detail: string }): Effect[] {
  delivery.state = 'appending'
  delivery.queue.inheritedClockMs = delivery.clockMs
  pair.appending += 1
  if (pair.defects.finishBeforeAppended) finish(pair.window, delivery.offset)
  return [{ kind: 'append-dead-letter', delivery, cause: end.cause, code: end.code, detail: end.detail }]
}

function settle(pair: Pair, delivery: Delivery, isHead: boolean): Effect[] {
  const isSeeded = pair.defects.finishBeforeDelivery || pair.defects.finishBeforeAppended
  ensure(isSeeded || !isFinished(pair.window, delivery.offset), 'an offset is finished once')
  finish(pair.window, delivery.offset)
  pair.dirty = true
  pair.deliveries.delete(delivery.offset)
  pair.queuedBytes -= sizeOf(delivery.record)
  if (isHead) dropHead(pair.queues, delivery.queue)
  const effects: Effect[] = []
  resumeIfRoom(pair, effects)
  return effects
}

function attempted(pair: Pair, offset: number): Delivery {
  const delivery = pair.deliveries.get(offset)
  ensure(delivery?.state === 'attempting', 'I-f: an answer belongs to an attempt under way')
  ensure(delivery.queue.head === delivery, 'I-d: only the head of a key is attempted')
  return delivery
}

function count(delivery: Delivery, { attempts, firstAttemptAtMs, lastAttemptAtMs }: Outcome): void {
  delivery.attempts += attempts
  delivery.firstAttemptAtMs ??= firstAttemptAtMs
  delivery.lastAttemptAtMs = lastAttemptAtMs
}
