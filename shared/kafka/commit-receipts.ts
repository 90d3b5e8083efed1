import type { TopicOffsets } from 'kafkajs'

type Entry = { topic: string; partition: number; offset: number }

/**
 * Which commits the coordinator took. kafkajs resolves a commit that it never sent (once stop or a crash has begun), but
 * its COMMIT_OFFSETS event comes only after a real answer: a commit without its receipt did not happen.
 */
export class CommitReceipts {
  readonly #received = new Map<string, number>()

  /** Takes note of a COMMIT_OFFSETS event. */
  receive(topics: readonly TopicOffsets[]): void {
    const entries = topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) })),
    )
    const name = nameOf(entries)
    this.#received.set(name, (this.#received.get(name) ?? 0) + 1)
  }

  /** Whether a receipt for exactly these entries came; it counts once. */
  take(entries: readonly Entry[]): boolean {
    const name = nameOf(entries)
    const count = this.#received.get(name) ?? 0
    if (count > 1) this.#received.set(name, count - 1)
    else this.#received.delete(name)
    return count > 0
  }
}

function nameOf(entries: readonly Entry[]): string {
  return entries
    .map(({ topic, partition, offset }) => `${topic}/${partition}@${offset}`)
    .sort()
    .join()
}
