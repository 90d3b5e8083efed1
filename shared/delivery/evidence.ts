import type { Evidence } from './decide.ts'

/**
 * What is known against one target. A target is down after 3 connection-level failures in a row, or after response-level
 * failures of 3 different events within 10 s with no success between: one event alone never proves it, because the event
 * itself may be what the receiver cannot take.
 */
export type EvidenceSoFar = {
  readonly connectionFailures: number
  /** The newest failure of each event, oldest first; at most 3. */
  readonly responseFailures: readonly { readonly event: string; readonly atMs: number }[]
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

/** Nothing is known against the target: the state at the start and after every success. */
export const noEvidence: EvidenceSoFar = { connectionFailures: 0, responseFailures: [] }

/** What is known after one more attempt. Pure. */
export function observe(so: EvidenceSoFar, { evidence, event, atMs }: Observation): EvidenceSoFar {
  switch (evidence) {
    case 'up':
      return noEvidence
    case 'none':
      return so
    case 'connection':
      return { ...so, connectionFailures: so.connectionFailures + 1 }
    case 'response': {
      const others = so.responseFailures.filter((failure) => failure.event !== event && atMs - failure.atMs <= windowMs)
      return { connectionFailures: 0, responseFailures: [...others, { event, atMs }].slice(-failuresNeeded) }
    }
  }
}

/** Whether the target is down. Pure. */
export function saysDown({ connectionFailures, responseFailures }: EvidenceSoFar): boolean {
  return connectionFailures >= failuresNeeded || responseFailures.length >= failuresNeeded
}
