import { repeatsOf } from './check/duplicates.ts'
import type { Facts, Scope } from './check/facts.ts'
import { indexAt, momentsOf, type Sorted, type Window } from './moments.ts'

/** The longest pauses of a run, in ms. */
export type Gaps = { ackMs: number; deliveryMs: number; partitionMs: number }

/**
 * Longest time between two acknowledgements, between two deliveries, and between two deliveries of one partition, whichever
 * was worst. The last one is the takeover when the window holds the death of a consumer: its partitions moved meanwhile.
 * Nothing is missed of a subscription that was made in the middle of the run before it was there.
 */
export function measureGaps(facts: Facts, scope: Scope, window: GapWindow = momentsOf(facts, scope).load): Gaps {
  const { ack, delivery, partition } = findGaps(facts, scope, window)
  return { ackMs: lengthMs(ack), deliveryMs: lengthMs(delivery), partitionMs: lengthMs(partition) }
}

/** The same pauses as spans of time. */
export type GapSpans = { ack: Window; delivery: Window; partition: Window }

export function findGaps(facts: Facts, scope: Scope, window: GapWindow = momentsOf(facts, scope).load): GapSpans {
  const { acknowledged, delivered, ofPartitions } = momentsOf(facts, scope)
  const { sinceNs = window.fromNs } = scope
  const itsOwn = { ...window, fromNs: Math.min(Math.max(window.fromNs, sinceNs), window.toNs) }
  const none = { fromNs: itsOwn.fromNs, toNs: itsOwn.fromNs }
  return {
    ack: longestGap(acknowledged, window),
    delivery: longestGap(delivered, itsOwn),
    partition: ofPartitions.map((moments) => longestGap(moments, itsOwn)).reduce(longer, none),
  }
}

export const lengthMs = ({ fromNs, toNs }: Window): number => (toNs - fromNs) / 1e6

/** Of equal ones the first. */
export const longer = (a: Window, b: Window): Window => (lengthMs(b) > lengthMs(a) ? b : a)

/** What a fault cost: gaps in ms, and how many deliveries were repeated. */
export type FaultCost = Gaps & { fault: string; victim: string; duplicates: number }

/** What each fault of the run cost until the next one, or until the end: of the load for gaps, of the run for duplicates. */
export function measureFaults(facts: Facts, scope: Scope): FaultCost[] {
  const repeats = Float64Array.from(repeatsOf(facts, scope), ({ ns }) => ns).sort()
  const windows = windowsOfFaults(facts, scope)
  return facts.faults.map(({ fault, victim, ns }, index) => {
    const nextNs = facts.faults[index + 1]?.ns ?? Infinity
    const duplicates = indexAt(repeats, nextNs) - indexAt(repeats, ns)
    return { fault, victim, duplicates, ...measureGaps(facts, scope, windows[index]) }
  })
}

/** Where one is cut, its last gap ends with it; else with the first moment behind it. */
export type GapWindow = Window & { isCut?: boolean }

/** From each fault to the next one, whose own pause is not that of the one before; from the last one to the end of the load. */
export function windowsOfFaults(facts: Facts, scope: Scope): GapWindow[] {
  const { toNs } = momentsOf(facts, scope).load
  return facts.faults.map(({ ns }, index) => {
    const next = facts.faults[index + 1]
    return { fromNs: ns, toNs: next?.ns ?? toNs, isCut: next !== undefined }
  })
}

/** The longest time within the window without one of these moments. */
export function longestGap(moments: Sorted, { fromNs, toNs, isCut = false }: GapWindow): Window {
  let [before, longestFrom, longest] = [fromNs, fromNs, 0]
  const close = (ns: number) => {
    if (ns - before > longest) [longestFrom, longest] = [before, ns - before]
    before = ns
  }
  for (let index = indexAt(moments, fromNs); index < moments.length && before < toNs; index += 1) {
    const ns = moments[index] ?? before
    close(isCut ? Math.min(ns, toNs) : ns)
  }
  if (before < toNs) close(toNs)
  return { fromNs: longestFrom, toNs: longestFrom + longest }
}
