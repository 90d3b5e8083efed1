import type { CommitLine, RetryLine } from '../history.ts'
import { clockErrorNs } from './coverage.ts'
import type { Facts, Scope } from './facts.ts'

/**
 * Records of a retry partition that no reader saw: a consumer trims what is committed, and a reader that lags behind that
 * misses it. Offsets from `start`, `end` not included; the broker appended them between the two times, monotonic ns.
 */
export type Hole = { start: number; end: number; fromNs: number; toNs: number }

/** The holes of a subscription by retry partition, which has the number of its stream partition. */
export function holesOf({ retries, commits }: Facts, { subscription }: Scope): Map<number, Hole[]> {
  const lines = Map.groupBy(retries.get(subscription) ?? [], ({ partition }) => partition)
  const topic = retries.get(subscription)?.[0]?.topic
  const samples = Map.groupBy(
    (commits.get(subscription) ?? []).filter((sample) => sample.topic === topic),
    ({ partition }) => partition,
  )
  const partitions = new Set([...lines.keys(), ...samples.keys()])
  return new Map(
    [...partitions].map((partition) => [
      partition,
      holesIn(lines.get(partition) ?? [], samples.get(partition) ?? []).filter(({ start, end }) => start < end),
    ]),
  )
}

/** Before, between and after what was seen, as far as the group has committed. */
function holesIn(seen: readonly RetryLine[], samples: readonly CommitLine[]): Hole[] {
  const sorted = seen.toSorted((a, b) => a.offset - b.offset)
  const reached = samples.reduce((most, { offset }) => Math.max(most, offset), 0)
  const before = [{ offset: -1, ns: -Infinity }, ...sorted]
  const after = [...sorted, { offset: reached, ns: Infinity }]
  return before.map(({ offset, ns }, index) => {
    const next = after[index] ?? { offset, ns }
    return { start: offset + 1, end: next.offset, fromNs: ns - clockErrorNs, toNs: next.ns + clockErrorNs }
  })
}
