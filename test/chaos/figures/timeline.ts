import type { Facts, Scope } from '../check/facts.ts'
import { momentsOf, type Sorted } from '../moments.ts'
import type { Timeline } from './figures.ts'

/** As many as a wide screen can show apart. */
const mostBuckets = 900
const bucketSizesMs = [250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000] as const

/** Rates over the time of a run, from the first due event to the last delivery. */
export function timelineOf(facts: Facts, named: readonly { scope: Scope; name: string }[]): Timeline {
  const moments = named.map(({ scope, name }) => ({ name, ...momentsOf(facts, scope) }))
  const [first] = moments
  if (first === undefined || first.load.fromNs > first.load.toNs) return noTime
  const { fromNs, toNs } = first.load
  const lastNs = Math.max(toNs, last(first.acknowledged), ...moments.map(({ delivered }) => last(delivered)))
  const bucketMs = bucketSizeMs((lastNs - fromNs) / 1e6)
  const buckets = Math.floor((lastNs - fromNs) / 1e6 / bucketMs) + 1
  const count = (some: Sorted) => counted(some, { fromNs, bucketNs: bucketMs * 1e6, buckets })
  return {
    bucketMs,
    loadMs: (toNs - fromNs) / 1e6,
    acknowledged: count(first.acknowledged),
    delivered: moments.map(({ name, delivered }) => ({ name, counts: count(delivered) })),
  }
}

const noTime: Timeline = { bucketMs: bucketSizesMs[0], loadMs: 0, acknowledged: [], delivered: [] }

/** The finest stretch with which `ms` fit into the picture. */
export const bucketSizeMs = (ms: number): number =>
  bucketSizesMs.find((size) => ms / size <= mostBuckets) ?? Math.ceil(ms / mostBuckets)

type Grid = { fromNs: number; bucketNs: number; buckets: number }

/** What lies before the beginning is not counted. */
export function counted(moments: Sorted, { fromNs, bucketNs, buckets }: Grid): number[] {
  const counts = Array.from({ length: buckets }, () => 0)
  for (const ns of moments) {
    const index = Math.floor((ns - fromNs) / bucketNs)
    if (index >= 0 && index < buckets) counts[index] = (counts[index] ?? 0) + 1
  }
  return counts
}

const last = (moments: Sorted): number => moments.at(-1) ?? 0
