import { repeatsOf } from './check/duplicates.ts'
import type { Facts, Scope } from './check/facts.ts'
import { indexAt, momentsOf, type Sorted, type Window } from './moments.ts'

/** The longest pauses of a run, in ms. */
export type Gaps = { ackMs: number; deliveryMs: number; partitionMs: number }

/**
 * Longest time between two acknowledgements, between two deliveries, and between two deliveries of one partition, whichever
 * was worst. The last one is the takeover when the window holds the death of a consumer: its partitions moved meanwhile.
 */
export function measureGaps(facts: Facts, scope: Scope, window = momentsOf(facts, scope).load): Gaps {
  const { acknowledged, delivered, ofPartitions } = momentsOf(facts, scope)
  return {
    ackMs: longestGapMs(acknowledged, window),
    deliveryMs: longestGapMs(delivered, window),
    partitionMs: Math.max(0, ...ofPartitions.map((moments) => longestGapMs(moments, window))),
  }
}

/** What a fault cost: gaps in ms, and how many deliveries were repeated. */
export type FaultCost = Gaps & { fault: string; victim: string; duplicates: number }

/** What each fault of the run cost until the next one, or until the end: of the load for gaps, of the run for duplicates. */
export function measureFaults(facts: Facts, scope: Scope): FaultCost[] {
  const { toNs } = momentsOf(facts, scope).load
  const repeats = Float64Array.from(repeatsOf(facts, scope), ({ ns }) => ns).sort()
  return facts.faults.map(({ fault, victim, ns }, index) => {
    const nextNs = facts.faults[index + 1]?.ns
    const duplicates = indexAt(repeats, nextNs ?? Infinity) - indexAt(repeats, ns)
    return { fault, victim, duplicates, ...measureGaps(facts, scope, { fromNs: ns, toNs: nextNs ?? toNs }) }
  })
}

/** The longest time within the window without one of these moments; moments behind its end close the last gap. */
export function longestGapMs(moments: Sorted, { fromNs, toNs }: Window): number {
  let longest = 0
  let before = fromNs
  for (let index = indexAt(moments, fromNs); index < moments.length && before < toNs; index += 1) {
    const moment = moments[index] ?? before
    longest = Math.max(longest, moment - before)
    before = moment
  }
  return Math.max(longest, before < toNs ? toNs - before : 0) / 1e6
}
