import { decodeMetadata } from '#shared/delivery/commit-metadata.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'

/** What of a stream a subscription has gone through, as its last commit says. */
export type Finished = {
  /** Below the position of its partition, or in a run above it. */
  has(partition: number, offset: number): boolean
  /** The lowest that is not finished, and the end of the highest run; null before the first commit. */
  bounds(partition: number): { from: number; to: number } | null
}

export async function readFinished(
  admin: Pick<KafkaAdmin, 'committed'>,
  { group, topic }: { group: string; topic: string },
): Promise<Finished> {
  const commits = new Map(
    (await admin.committed(group, topic)).flatMap(({ partition, offset, metadata }) =>
      offset === null ? [] : [[partition, { base: offset, runs: decodeMetadata(metadata, offset).runs }] as const],
    ),
  )
  return {
    has(partition, offset) {
      const { base = 0, runs = [] } = commits.get(partition) ?? {}
      return offset < base || runs.some(({ start, length }) => offset >= start && offset < start + length)
    },
    bounds(partition) {
      const known = commits.get(partition)
      if (known === undefined) return null
      const last = known.runs.at(-1)
      return { from: known.base, to: last === undefined ? known.base : last.start + last.length }
    },
  }
}
