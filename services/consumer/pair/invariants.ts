/** A broken promise of the delivery protocol: always a bug of ours, never a state of the world. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** Stops the process rather than go on with a state that could lose or reorder events. */
export function ensure(claim: boolean, rule: string): asserts claim {
  if (!claim) throw new InvariantError(rule)
}
