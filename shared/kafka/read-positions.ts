/** What to do with a batch: hand it over, or drop it; `seekTo` is where reading must go on. */
export type BatchVerdict = { accept: true } | { accept: false; seekTo: number | undefined }

/**
 * Where each partition of one assignment is read. Only `seek` sets a position, and a batch is accepted only when it was
 * fetched from exactly there: a fetch that was under way at a rebalance, a seek or a leader move may come late, and
 * handing it over would leave a hole (kafkajs goes on behind whatever it handed over last).
 */
export class ReadPositions {
  readonly #next = new Map<string, number>()

  /** A new assignment: nothing is read before the first seek. */
  clear(): void {
    this.#next.clear()
  }

  seek(topic: string, partition: number, offset: number): void {
    this.#next.set(`${topic}/${partition}`, offset)
  }

  /** Judges a batch fetched from offset `from` whose last offset is `last`. */
  judge(topic: string, partition: number, { from, last }: { from: number; last: number }): BatchVerdict {
    const name = `${topic}/${partition}`
    const expected = this.#next.get(name)
    if (expected !== from) return { accept: false, seekTo: expected }
    this.#next.set(name, last + 1)
    return { accept: true }
  }

  /** kafkajs skips a batch whose records were all compacted away or are transaction markers without handing it over. */
  skip(topic: string, partition: number, last: number): void {
    const name = `${topic}/${partition}`
    const expected = this.#next.get(name)
    if (expected !== undefined && expected <= last) this.#next.set(name, last + 1)
  }
}
