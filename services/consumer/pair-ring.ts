import type { Effect } from './pair/effects.ts'
import type { Pair } from './pair/states.ts'
import { step } from './pair/step.ts'

/** The pairs of one runner in a ring: free slots go round, so a long partition never starves a short one. */
export type PairRing = { pairs: Pair[]; at: number }

type Perform = (pair: Pair, effects: readonly Effect[]) => void

/** Offers `slots` to the pairs that have something ready; returns how many were taken. */
export function offerRound(ring: PairRing, slots: number, perform: Perform): number {
  const { pairs } = ring
  const share = Math.max(1, Math.ceil(slots / Math.max(1, pairs.length)))
  let left = slots
  for (let idle = 0; left > 0 && idle < pairs.length; ) {
    const pair = next(ring)
    const effects = hasReady(pair) ? offer(pair, Math.min(share, left), false) : []
    idle = effects.length === 0 ? idle + 1 : 0
    left -= effects.length
    if (pair !== undefined) perform(pair, effects)
  }
  return slots - left
}

/** Lets one event probe, of whichever pair has one, the turn going round; false when there is none. */
export function offerProbe(ring: PairRing, perform: Perform): boolean {
  for (let tried = 0; tried < ring.pairs.length; tried += 1) {
    const pair = next(ring)
    const effects = offer(pair, 1, true)
    if (pair === undefined || effects.length === 0) continue
    perform(pair, effects)
    return true
  }
  return false
}

function next(ring: PairRing): Pair | undefined {
  ring.at = (ring.at + 1) % Math.max(1, ring.pairs.length)
  return ring.pairs[ring.at]
}

const hasReady = (pair: Pair | undefined): boolean => pair?.phase === 'running' && pair.queues.readyCount > 0

/** An offer depends on no time. */
const offer = (pair: Pair | undefined, slots: number, probe: boolean) =>
  pair === undefined ? [] : step(pair, { kind: 'offer', slots, probe }, 0)
