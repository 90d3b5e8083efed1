import { type Facts, receiptsOf, type Scope, succeeded } from './check/facts.ts'

/** The longest pauses of a run, in ms. */
export type Gaps = { ackMs: number; deliveryMs: number; partitionMs: number }

type Window = { fromNs: number; toNs: number }

/**
 * Longest time between two acknowledgements, between two deliveries, and between two deliveries of one partition while
 * events were being published. The last one is the takeover when a consumer was killed: its partitions moved meanwhile.
 */
export function measureGaps(facts: Facts, scope: Scope): Gaps {
  const requests = facts.requests.filter((request) => request.stream === scope.stream)
  const window = { fromNs: smallest(requests.map((one) => one.dueNs)), toNs: largest(requests.map((one) => one.dueNs)) }
  const acknowledged = requests.filter((one) => one.outcome === 'acknowledged').map((one) => one.ns)
  const receipts = [...receiptsOf(facts, scope).values()].flat().filter(succeeded)
  const byPartition = Map.groupBy(receipts, (receipt) => receipt.partition)
  const perPartition = [...byPartition.values()].map((some) =>
    longestGapMs(
      some.map((one) => one.ns),
      window,
    ),
  )
  return {
    ackMs: longestGapMs(acknowledged, window),
    deliveryMs: longestGapMs(
      receipts.map((one) => one.ns),
      window,
    ),
    partitionMs: largest(perPartition),
  }
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
