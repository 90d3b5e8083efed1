import type { Effect } from './pair/effects.ts'
import type { Slots } from './pair/flow.ts'
import type { Pair } from './pair/states.ts'
import { readyIn } from './pair/view.ts'

/** The pairs of one runner in a ring: free slots go round, so a long partition never starves a short one. */
export type PairRing = { pairs: Pair[]; at: number }

/** How many attempts an offer came to, of both halves together and of the retry half alone. */
export type Taken = { all: number; ofRetry: number }

/** The attempts among what a pair asks for. */
export function takenBy(effects: readonly Effect[]): Taken {
  const started = effects.filter((effect) => effect.kind === 'attempt')
  return { all: started.length, ofRetry: started.filter(({ of }) => of === 'retry').length }
}

/** Whether some pair has a fresh event that could take a slot. */
export function isStreamWaiting({ pairs }: PairRing): boolean {
  return pairs.some((pair) => readyIn(pair).stream > 0)
}

/** How many attempts could start now if there were slots for all. */
export function readyCount({ pairs }: PairRing): number {
  return pairs.reduce((sum, pair) => {
    const { stream, retry } = readyIn(pair)
    return sum + stream + retry
  }, 0)
}

/** Offers slots to the pairs that have something ready, until they are taken or nobody wants one. */
export function offerRound(
  ring: PairRing,
  { slots, ofRetry }: Slots,
  offer: (pair: Pair, slots: Slots) => Taken,
): void {
  const { pairs } = ring
  const share = Math.max(1, Math.ceil(slots / Math.max(1, pairs.length)))
  let left = slots
  let leftOfRetry = ofRetry
  for (let idle = 0; left > 0 && idle < pairs.length; ) {
    const pair = next(ring)
    if (pair === undefined) return
    const mine = { slots: Math.min(share, left), ofRetry: Math.min(share, leftOfRetry) }
    const taken = wants(pair, mine) ? offer(pair, mine) : nothing
    idle = taken.all === 0 ? idle + 1 : 0
    left -= taken.all
    leftOfRetry -= taken.ofRetry
  }
}

/** Lets one event probe, of whichever pair has one, the turn going round; false when there is none. */
export function offerProbe(ring: PairRing, probe: (pair: Pair) => Taken): boolean {
  for (let tried = 0; tried < ring.pairs.length; tried += 1) {
    const pair = next(ring)
    if (pair !== undefined && probe(pair).all > 0) return true
  }
  return false
}

const nothing: Taken = { all: 0, ofRetry: 0 }

function next(ring: PairRing): Pair | undefined {
  ring.at = (ring.at + 1) % Math.max(1, ring.pairs.length)
  return ring.pairs[ring.at]
}

function wants(pair: Pair, { ofRetry }: Slots): boolean {
  const { stream, retry } = readyIn(pair)
  return stream > 0 || (ofRetry > 0 && retry > 0)
}
