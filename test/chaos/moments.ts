import { type Facts, receiptsOf, type Scope, succeeded } from './check/facts.ts'

/** Monotonic ns, ascending. */
export type Sorted = Float64Array

export type Window = { fromNs: number; toNs: number }

/** When what happened to one subscription. `load`: from the first to the last event that was due. */
export type Moments = { acknowledged: Sorted; delivered: Sorted; ofPartitions: readonly Sorted[]; load: Window }

const known = new WeakMap<Facts, Map<string, Moments>>()

/** Sorted once: every fault of a run asks about its own part of them. */
export function momentsOf(facts: Facts, scope: Scope): Moments {
  const ofRun = known.get(facts) ?? new Map<string, Moments>()
  known.set(facts, ofRun)
  const moments = ofRun.get(scope.subscription) ?? gather(facts, scope)
  ofRun.set(scope.subscription, moments)
  return moments
}

/** Where in `moments` the first one stands that is not before `ns`; their number if there is none. */
export function indexAt(moments: Sorted, ns: number): number {
  let [low, high] = [0, moments.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((moments[middle] ?? 0) < ns) low = middle + 1
    else high = middle
  }
  return low
}

function gather(facts: Facts, scope: Scope): Moments {
  const requests = facts.requests.filter((request) => request.stream === scope.stream)
  const receipts = [...receiptsOf(facts, scope).values()].flat().filter(succeeded)
  const byPartition = Map.groupBy(receipts, (receipt) => receipt.partition)
  const due = requests.map(({ dueNs }) => dueNs)
  return {
    acknowledged: sorted(requests.filter((one) => one.outcome === 'acknowledged')),
    delivered: sorted(receipts),
    ofPartitions: [...byPartition.values()].map(sorted),
    load: { fromNs: smallest(due), toNs: largest(due) },
  }
}

const sorted = (lines: readonly { ns: number }[]): Sorted => Float64Array.from(lines, ({ ns }) => ns).sort()

const smallest = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.min(a, b), Infinity)
const largest = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), 0)
