import type { Work } from '../schema/work.ts'

/** What one evaluation may cost; spending more than that throws, and goes on throwing until the next `begin`. */
export type Meter = Work

/**
 * One unit is about a tenth of a microsecond: one node of an expression, 32 characters of a text, an element of a list that
 * is compared. Measured at the worst, 20,000 of them take less than 10 ms; an ordinary filter takes ten to a hundred.
 */
const unitsOfEvaluation = 20_000

/** Made once: an expression may swallow it (`||`, `exists`) a thousand times before it comes to its end. */
const spent = new Error('the work allowed for one evaluation is used up')

export function createMeter(): Meter {
  let left = unitsOfEvaluation
  return {
    begin() {
      left = unitsOfEvaluation
    },
    spend(units) {
      left -= units
      if (left < 0) throw spent
    },
    isSpent: () => left < 0,
  }
}
