/**
 * Why a subscription delivers nothing now. Several reasons may hold at once; work goes on when none is left.
 *
 *   paused   an operator said so (pause, hold), or a fault that only an operator can end (receiver-gone, offsets-lost): no probes
 *   down     all targets fail: resting → (their breaker is half-open) probe-due → probing → resting or over
 *   waits    all targets that are left asked for time (Retry-After): nothing until then
 */
export type Hold = {
  readonly paused: string | null
  readonly down: 'resting' | 'probe-due' | 'probing' | null
  readonly waitsUntilMs: number | null
  /** Since when any reason holds, ms. */
  readonly sinceMs: number | null
}

export const noHold: Hold = { paused: null, down: null, waitsUntilMs: null, sinceMs: null }

export const isHolding = ({ paused, down, waitsUntilMs }: Hold): boolean =>
  paused !== null || down !== null || waitsUntilMs !== null

/** As operators see it; the strongest reason first. */
export function reasonOf({ paused, down, waitsUntilMs }: Hold): string | null {
  if (paused !== null) return paused
  if (down !== null) return 'all-targets-failing'
  return waitsUntilMs === null ? null : 'target-waits'
}

export function pause(hold: Hold, reason: string | null, nowMs: number): Hold {
  return since({ ...hold, paused: reason }, nowMs)
}

/** Follows the breakers: all open, one half-open (a probe may pass), or one closed again. */
export function followBreaker(hold: Hold, state: 'open' | 'half-open' | 'closed', nowMs: number): Hold {
  switch (state) {
    case 'open':
      return since({ ...hold, down: 'resting' }, nowMs)
    case 'half-open':
      return since({ ...hold, down: 'probe-due' }, nowMs)
    case 'closed':
      return since({ ...hold, down: null }, nowMs)
    default:
      return state satisfies never
  }
}

export function waitUntil(hold: Hold, untilMs: number, nowMs: number): Hold {
  return since({ ...hold, waitsUntilMs: Math.max(hold.waitsUntilMs ?? 0, untilMs) }, nowMs)
}

/** Ends a wait whose time has come. */
export function expireWait(hold: Hold, nowMs: number): Hold {
  if (hold.waitsUntilMs === null || nowMs < hold.waitsUntilMs) return hold
  return since({ ...hold, waitsUntilMs: null }, nowMs)
}

/** Ends a wait before its time. */
export const endWait = (hold: Hold, nowMs: number): Hold => since({ ...hold, waitsUntilMs: null }, nowMs)

export const isProbeDue = ({ paused, down, waitsUntilMs }: Hold): boolean =>
  paused === null && waitsUntilMs === null && down === 'probe-due'

export const startProbe = (hold: Hold): Hold => ({ ...hold, down: 'probing' })

function since(hold: Hold, nowMs: number): Hold {
  return { ...hold, sinceMs: isHolding(hold) ? (hold.sinceMs ?? nowMs) : null }
}
