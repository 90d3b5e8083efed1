import { expireWait, followBreaker, type Hold, isHolding, noHold, pause, startProbe, waitUntil } from './hold.ts'
import type { Outcome } from './inputs.ts'
import { climb, fallBack, fullRamp, type Ramp, restartRamp } from './ramp.ts'

/**
 * How much one subscription may do at a time on this instance: what all its pairs share. Nothing while it holds; after a
 * hold the ramp; else its concurrency.
 */
export type Flow = { hold: Hold; ramp: Ramp; underWay: number; lastSuccessAtMs: number }

export function openFlow(concurrency: number): Flow {
  return { hold: noHold, ramp: fullRamp(concurrency), underWay: 0, lastSuccessAtMs: Number.NEGATIVE_INFINITY }
}

/** Attempts that may start now. */
export function freeSlots({ hold, ramp, underWay }: Flow): number {
  return isHolding(hold) ? 0 : Math.max(0, ramp.limit - underWay)
}

export type HoldChange =
  | { kind: 'pause'; reason: string | null }
  | { kind: 'breaker'; state: 'open' | 'half-open' | 'closed' }
  | { kind: 'wait'; untilMs: number }
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

/** Notes how an attempt ended: its slot is free, the ramp climbs or falls. */
export function endAttempt(flow: Flow, outcome: Outcome['kind'], nowMs: number): void {
  flow.underWay -= 1
  switch (outcome) {
    case 'delivered':
      flow.lastSuccessAtMs = nowMs
      flow.ramp = climb(flow.ramp)
      break
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
    case 'probe':
      return startProbe(hold)
    case 'tick':
      return expireWait(hold, nowMs)
    default:
      return change satisfies never
  }
}
