import type { Facts } from './facts.ts'
import { type Verdict, verdict } from './verdict.ts'

/** Of these it is said that a jump of the clock changes nothing. */
const unchanged = new Set(['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9', 'I13', 'I14'])

/** I17: in a run in which a clock jumped (a fault whose name begins with `clock`), the other checkers find what they find without. */
export function checkClockIndependence({ faults }: Facts, verdicts: readonly Verdict[]): Verdict {
  const jumps = faults.filter(({ fault }) => fault.startsWith('clock'))
  const broken = verdicts.filter(({ invariant, holds }) => !holds && unchanged.has(invariant))
  return verdict({
    invariant: 'I17',
    claim: 'a jump of the clock changes nothing',
    offences:
      jumps.length === 0
        ? []
        : broken.map(({ invariant, claim }) => ({ id: invariant, what: `does not hold: ${claim}` })),
    judged: jumps.length,
    counts: { clockJumps: jumps.length },
  })
}
