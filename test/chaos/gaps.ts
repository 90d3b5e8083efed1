import { type Facts, receiptsOf, type Scope, succeeded } from './check/facts.ts'

/** The longest pauses of a run, in ms. */
export type Gaps = { ackMs: number; deliveryMs: number; partitionMs: number }

export type Window = { fromNs: number; toNs: number }

/**
 * Longest time between two acknowledgements, between two deliveries, and between two deliveries of one partition, whichever
 * was worst. The last one is the takeover when the window holds the death of a consumer: its partitions moved meanwhile.
 */
export function measureGaps(facts: Facts, scope: Scope, window = loadWindow(facts, scope)): Gaps {
  const requests = facts.requests.filter((request) => request.stream === scope.stream)
  const acknowledged = requests.filter((one) => one.outcome === 'acknowledged').map((one) => one.ns)
  const receipts = [...receiptsOf(facts, scope).values()].flat().filter(succeeded)
  const delivered = receipts.map((one) => one.ns)
  const byPartition = Map.groupBy(receipts, (receipt) => receipt.partition)
  const perPartition = [...byPartition.values()].map((some) => some.map((one) => one.ns))
  return {
    ackMs: longestGapMs(acknowledged, window),
    deliveryMs: longestGapMs(delivered, window),
    partitionMs: largest(perPartition.map((moments) => longestGapMs(moments, window))),
  }
}

/** What a fault cost: gaps in ms, and how many deliveries were repeated. */
export type FaultCost = Gaps & { fault: string; victim: string; duplicates: number }

/** What each fault of the run cost until the next one, or until the end: of the load for gaps, of the run for duplicates. */
export function measureFaults(facts: Facts, scope: Scope): FaultCost[] {
  const { toNs } = loadWindow(facts, scope)
  const repeats = repeatsOf(facts, scope)
  return facts.faults.map(({ fault, victim, ns }, index) => {
    const nextNs = facts.faults[index + 1]?.ns
    const duplicates = repeats.filter((repeat) => repeat >= ns && repeat < (nextNs ?? Infinity)).length
    return { fault, victim, duplicates, ...measureGaps(facts, scope, { fromNs: ns, toNs: nextNs ?? toNs }) }
  })
}

/** When each success after the first one of its event came. */
function repeatsOf(facts: Facts, scope: Scope): number[] {
  return [...receiptsOf(facts, scope).values()].flatMap((receipts) => {
    const successes = receipts.filter(succeeded).map(({ ns }) => ns)
    return successes.sort((a, b) => a - b).slice(1)
  })
}

/** From the first to the last event that was due. */
export function loadWindow(facts: Facts, scope: Scope): Window {
  const due = facts.requests.filter((request) => request.stream === scope.stream).map((one) => one.dueNs)
  return { fromNs: smallest(due), toNs: largest(due) }
}

/** The longest time within the window without one of these moments; moments behind its end close the last gap. */
export function longestGapMs(moments: readonly number[], { fromNs, toNs }: Window): number {
  let longest = 0
  let before = fromNs
  for (const moment of moments.toSorted((a, b) => a - b)) {
    if (before >= toNs) break
    longest = Math.max(longest, moment - before)
    before = Math.max(before, moment)
  }
  return Math.max(longest, before < toNs ? toNs - before : 0) / 1e6
}

const smallest = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.min(a, b), Infinity)
const largest = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), 0)
