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

/** In one pass, and of the moments alone: a long run has millions of deliveries. */
function gather(facts: Facts, scope: Scope): Moments {
  const acknowledged: number[] = []
  const load = { fromNs: Infinity, toNs: 0 }
  for (const { stream, outcome, ns, dueNs } of facts.requests) {
    if (stream !== scope.stream) continue
    if (outcome === 'acknowledged') acknowledged.push(ns)
    load.fromNs = Math.min(load.fromNs, dueNs)
    load.toNs = Math.max(load.toNs, dueNs)
  }
  const delivered: number[] = []
  const ofPartitions = new Map<number, number[]>()
  for (const receipts of receiptsOf(facts, scope).values()) {
    for (const receipt of receipts) {
      if (!succeeded(receipt)) continue
      delivered.push(receipt.ns)
      const ofOne = ofPartitions.get(receipt.partition) ?? []
      ofPartitions.set(receipt.partition, ofOne)
      ofOne.push(receipt.ns)
    }
  }
  return {
    acknowledged: sorted(acknowledged),
    delivered: sorted(delivered),
    ofPartitions: [...ofPartitions.values()].map(sorted),
    load,
  }
}

const sorted = (moments: readonly number[]): Sorted => Float64Array.from(moments).sort()
