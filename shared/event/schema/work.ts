/**
 * What checking one event may cost. Everything in a schema that can cost more than its size times the size of the event
 * spends from it: references and alternatives, which may meet the same data again and again, patterns and comparisons.
 */
export type Work = {
  /** Gives the full allowance for the next event. */
  begin(): void
  /** Takes from the allowance; throws when it is used up, which is the only way out of compiled code. */
  spend(units: number): void
  isSpent(): boolean
}

/**
 * One unit is a step of a pattern: an instruction for a character, 0.08 µs at the worst (while the
 * automaton is built), a fortieth of that as a rule. So the worst event costs 80 ms, and an ordinary pattern of ten instructions takes 100,000 characters.
 */
export const unitsOfCheck = 1_000_000
/** Looking for every violation joins lists of errors again and again, which 5,000 branches do in some ten milliseconds. */
export const unitsOfReport = 50_000
/** A branch is some ten checks and one error: 100,000 of them take 20 MB and some ten milliseconds. */
export const branchUnits = 10
/** A value that is compared, and whatever it consists of, becomes a text. */
export const elementUnits = 5

export function createWork(units: number): Work {
  let left = units
  return {
    begin() {
      left = units
    },
    spend(cost) {
      left -= cost
      if (left < 0) throw new Error('the work allowed for one event is used up')
    },
    isSpent: () => left < 0,
  }
}
