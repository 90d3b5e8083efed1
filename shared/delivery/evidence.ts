import type { Evidence } from './decide.ts'

/**
 * What is known against one target. A target is down after 3 connection-level failures in a row, or after response-level
 * failures of 3 different events within 10 s with no success between: one event alone never proves it, because the event
 * itself may be what the receiver cannot take. Of a target that answered well many times a second just before, it takes 10
 * different events: 3 in a row are nothing strange where one answer in ten is bad and hundreds come in a second.
 */
export type EvidenceSoFar = {
  readonly connectionFailures: number
  /** The newest failure of each event, oldest first; at most 10. */
  readonly responseFailures: readonly { readonly event: string; readonly atMs: number }[]
  /** Successes, those of `atMs` whole, earlier ones less with every second. */
  readonly successes: { readonly count: number; readonly atMs: number }
}

export type Observation = {
  evidence: Evidence
  /** What tells events apart: the position. */
  event: string
  /** Monotonic. */
  atMs: number
}

const failuresNeeded = 3
const windowMs = 10_000
/** About three a second, for a while. */
const manySuccesses = 30
const failuresNeededThen = 10

/** Nothing is known about the target. */
export const noEvidence: EvidenceSoFar = {
  connectionFailures: 0,
  responseFailures: [],
  successes: { count: 0, atMs: 0 },
}

/** What is known after one more attempt. Pure. */
export function observe(so: EvidenceSoFar, { evidence, event, atMs }: Observation): EvidenceSoFar {
  switch (evidence) {
    case 'up':
      return { ...noEvidence, successes: { count: successesAt(so, atMs) + 1, atMs } }
    case 'none':
      return so
    case 'connection':
      return { ...so, connectionFailures: so.connectionFailures + 1 }
    case 'response': {
      const others = so.responseFailures.filter((failure) => failure.event !== event && atMs - failure.atMs <= windowMs)
      const responseFailures = [...others, { event, atMs }].slice(-failuresNeededThen)
      return { ...so, connectionFailures: 0, responseFailures }
    }
  }
}

/** Whether the target is down. Pure. */
export function saysDown(so: EvidenceSoFar): boolean {
  const { connectionFailures, responseFailures } = so
  const lastMs = responseFailures.at(-1)?.atMs ?? 0
  const needed = successesAt(so, lastMs) < manySuccesses ? failuresNeeded : failuresNeededThen
  return connectionFailures >= failuresNeeded || responseFailures.length >= needed
}

function successesAt({ successes: { count, atMs } }: EvidenceSoFar, nowMs: number): number {
  return count * Math.exp(-Math.max(0, nowMs - atMs) / windowMs)
}
