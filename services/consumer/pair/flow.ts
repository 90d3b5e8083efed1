import type { Half } from './effects.ts'
import {
  endWait,
  expireWait,
  followBreaker,
  type Hold,
  isHolding,
  noHold,
  pause,
  startProbe,
  waitUntil,
} from './hold.ts'
import type { Outcome } from './inputs.ts'
import { climb, fallBack, fullRamp, type Ramp, restartRamp } from './ramp.ts'

/**
 * How much one subscription may do at a time on this instance: what all its pairs share. Nothing while it holds; after a
 * hold the ramp; else its concurrency. Of that, parked events take at most half while fresh ones wait.
 */
export type Flow = {
  hold: Hold
  ramp: Ramp
  underWay: number
  /** Of those, from the retry half. */
  underWayOfRetry: number
  /** Which half had the last slot: with one slot, half of the slots is every other one. */
  lastStarted: Half
}

/** How many attempts may start, and how many of them from the retry half. */
export type Slots = { readonly slots: number; readonly ofRetry: number }

export function openFlow(concurrency: number): Flow {
  return {
    hold: noHold,
    ramp: fullRamp(concurrency),
    underWay: 0,
    underWayOfRetry: 0,
    lastStarted: 'retry',
  }
}

/** Attempts that may start now. */
export function freeSlots({ hold, ramp, underWay }: Flow): number {
  return isHolding(hold) ? 0 : Math.max(0, ramp.limit - underWay)
}

/**
 * The same, shared between the halves; `isStreamWaiting`: some pair has a fresh event that could take a slot. `permits`:
 * what the rate limit lets pass now, which is shared like the slots are.
 */
export function sharedSlots(flow: Flow, isStreamWaiting: boolean, permits = Number.POSITIVE_INFINITY): Slots {
  const free = freeSlots(flow)
  const slots = Math.min(free, permits)
  if (!isStreamWaiting) return { slots, ofRetry: slots }
  if (flow.ramp.limit === 1 || permits === 1) return { slots, ofRetry: flow.lastStarted === 'stream' ? slots : 0 }
  const share = Math.floor(flow.ramp.limit / 2) - flow.underWayOfRetry
  return { slots, ofRetry: Math.min(slots < free ? Math.floor(slots / 2) : slots, Math.max(0, share)) }
}

export type HoldChange =
  | { kind: 'pause'; reason: string | null }
  | { kind: 'breaker'; state: 'open' | 'half-open' | 'closed' }
  | { kind: 'wait'; untilMs: number }
  | { kind: 'end-wait' }
  | { kind: 'probe' }
  | { kind: 'tick' }

/** Changes the hold; says whether it began or ended. Every end starts the ramp. */
export function changeHold(flow: Flow, change: HoldChange, nowMs: number): 'began' | 'ended' | 'same' {
  const before = isHolding(flow.hold)
  flow.hold = changed(flow.hold, change, nowMs)
  const after = isHolding(flow.hold)
  if (before === after) return 'same'
  if (!after) flow.ramp = restartRamp(flow.ramp)
  return after ? 'began' : 'ended'
}

/** An attempt has its slot. */
export function startAttempt(flow: Flow, of: Half): void {
  flow.underWay += 1
  flow.lastStarted = of
  if (of === 'retry') flow.underWayOfRetry += 1
}

/** Notes how an attempt ended: its slot is free, the ramp climbs or falls. */
export function endAttempt(flow: Flow, { of, outcome }: { of: Half; outcome: Outcome['kind'] }): void {
  flow.underWay -= 1
  if (of === 'retry') flow.underWayOfRetry -= 1
  switch (outcome) {
    case 'delivered':
    case 'refused':
      flow.ramp = climb(flow.ramp)
      break
    case 'failed':
    case 'unproven':
    case 'target-waits':
      flow.ramp = fallBack(flow.ramp)
      break
    default:
      outcome satisfies never
  }
}

export function setConcurrency(flow: Flow, top: number): void {
  if (flow.ramp.top !== top)
    flow.ramp = { limit: flow.ramp.limit >= flow.ramp.top ? top : Math.min(flow.ramp.limit, top), top }
}

function changed(hold: Hold, change: HoldChange, nowMs: number): Hold {
  switch (change.kind) {
    case 'pause':
      return pause(hold, change.reason, nowMs)
    case 'breaker':
      return followBreaker(hold, change.state, nowMs)
    case 'wait':
      return waitUntil(hold, change.untilMs, nowMs)
    case 'end-wait':
      return endWait(hold, nowMs)
    case 'probe':
      return startProbe(hold)
    case 'tick':
      return expireWait(hold, nowMs)
    default:
      return change satisfies never
  }
}
