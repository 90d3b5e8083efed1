import type { DroppedRules } from './rules.ts'

/**
 * What holds after every step:
 *
 *   I-a  an offset is finished only if its event is terminal, or an acknowledged park of it exists in the retry partition
 *   I-b  a park is closed only by a done record that stands behind it
 *   I-c  when an event is parked, every earlier event of its key is terminal or parked before it
 *   I-d  an event is attempted only as head of its queue, one attempt per queue
 *   I-e  a pair runs only after its own fence was read, appended after the committed state was fetched
 *   I-f  nothing of an older epoch changes the state
 *   I-g  one delivery per source, one queue per key, in stream order
 *
 * From a to e follow, whatever former owners still append or commit: no event is lost, and first successes come in order.
 */
export type Invariant = 'I-a' | 'I-b' | 'I-c' | 'I-d' | 'I-e' | 'I-f' | 'I-g'

/** A broken promise of the delivery protocol: always a bug of ours, never a state of the world. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
  readonly invariant: Invariant

  constructor(invariant: Invariant, detail: string) {
    super(`${invariant}: ${detail}`)
    this.invariant = invariant
  }
}

/** Stops the process rather than go on with a state that could lose or reorder events. */
export function ensure({ dropped }: { dropped: DroppedRules }, claim: boolean, [invariant, detail]: Claim): void {
  if (!claim && !dropped.invariants) throw new InvariantError(invariant, detail)
}

type Claim = readonly [Invariant, string]
