/**
 * Why a subscription delivers nothing now. Several reasons may hold at once; work goes on when none is left.
 *
 *   paused   an operator said so, or a fault that only an operator can end (receiver-gone, offsets-lost): no probes
 *   down     all targets fail: one event probes every 5 s ± 20 %; its success ends the reason
 *   waits    a target asked for time (Retry-After): nothing until then
 */
export type Hold = {
  readonly paused: string | null
  readonly down: Down | null
  readonly waitsUntilMs: number | null
  /** Since when any reason holds, ms. */
  readonly sinceMs: number | null
}

export type Down = { readonly nextProbeAtMs: number; readonly probing: boolean }

const probeEveryMs = 5_000
const probeSpread = 0.2

export const open: Hold = { paused: null, down: null, waitsUntilMs: null, sinceMs: null }

export const isHolding = ({ paused, down, waitsUntilMs }: Hold): boolean =>
  paused !== null || down !== null || waitsUntilMs !== null

/** As operators see it; the strongest reason first. */
export function reasonOf({ paused, down, waitsUntilMs }: Hold): string | null {
  if (paused !== null) return paused
  if (down !== null) return 'all-targets-failing'
  return waitsUntilMs === null ? null : 'target-waits'
}

export function setPaused(hold: Hold, paused: string | null, nowMs: number): Hold {
  return since({ ...hold, paused }, nowMs)
}

/** All targets fail now, or the probe failed too. `random` in [0, 1) spreads the probes of several processes. */
export function goDown(hold: Hold, random: number, nowMs: number): Hold {
  const wait = probeEveryMs * (1 - probeSpread + 2 * probeSpread * random)
  return since({ ...hold, down: { nextProbeAtMs: nowMs + wait, probing: false } }, nowMs)
}

export function comeBack(hold: Hold, nowMs: number): Hold {
  return since({ ...hold, down: null }, nowMs)
}

export function waitUntil(hold: Hold, untilMs: number, nowMs: number): Hold {
  return since({ ...hold, waitsUntilMs: Math.max(hold.waitsUntilMs ?? 0, untilMs) }, nowMs)
}

/** Ends a wait whose time has come. */
export function expireWait(hold: Hold, nowMs: number): Hold {
  if (hold.waitsUntilMs === null || nowMs < hold.waitsUntilMs) return hold
  return since({ ...hold, waitsUntilMs: null }, nowMs)
}

export function isProbeDue({ paused, down, waitsUntilMs }: Hold, nowMs: number): boolean {
  if (paused !== null || waitsUntilMs !== null || down === null) return false
  return !down.probing && nowMs >= down.nextProbeAtMs
}

export function startProbe(hold: Hold): Hold {
  return hold.down === null ? hold : { ...hold, down: { ...hold.down, probing: true } }
}

function since(hold: Hold, nowMs: number): Hold {
  return { ...hold, sinceMs: isHolding(hold) ? (hold.sinceMs ?? nowMs) : null }
}
