import type { LaneMessage } from './record-mapping.ts'

/** Ties records of one partition together: once one of them is refused it `isCut`, and nothing more of them is written. */
export type LaneRun = { isCut: boolean }

/** One record waiting for its acknowledgement. */
export type LaneEntry = {
  readonly message: LaneMessage
  readonly bytes: number
  readonly run?: LaneRun
  readonly resolve: (offset: number) => void
  readonly reject: (error: unknown) => void
}

/** kafkajs copies its message array per message: 500 records cost about 1 ms, 1,000 cost 4, 50,000 cost 10 s. */
export const batchRecordsLimit = 500

/** Below the broker's default `max.message.bytes` of 1 MiB, which counts the whole batch. */
export const batchBytesLimit = 800_000

/** At 10 MB/s to one partition this is more than 3 s of work; more would only wait for its deadline. */
export const queueBytesLimit = 32 * 1024 * 1024

/** A FIFO of records that gives them out in batches; bytes are counted. */
export class LaneQueue {
  #entries: LaneEntry[] = []
  #head = 0
  #bytes = 0

  get length(): number {
    return this.#entries.length - this.#head
  }

  get bytes(): number {
    return this.#bytes
  }

  /** What waits would fill a batch of its own. */
  get fillsBatch(): boolean {
    return this.length >= batchRecordsLimit || this.#bytes >= batchBytesLimit
  }

  push(entry: LaneEntry): void {
    this.#entries.push(entry)
    this.#bytes += entry.bytes
  }

  /** The next records, as many as one batch may hold; a single record above the byte limit makes a batch of its own. */
  takeBatch(): LaneEntry[] {
    let bytes = 0
    let end = this.#head
    for (; end < this.#entries.length && end - this.#head < batchRecordsLimit; end += 1) {
      const size = this.#entries[end]?.bytes ?? 0
      if (end > this.#head && bytes + size > batchBytesLimit) break
      bytes += size
    }
    return this.#take(end, bytes)
  }

  /** Returns what `takeBatch` gave out to where it came from. */
  putBack(entries: readonly LaneEntry[]): void {
    this.#entries = [...entries, ...this.#entries.slice(this.#head)]
    this.#head = 0
    for (const { bytes } of entries) this.#bytes += bytes
  }

  takeAll(): LaneEntry[] {
    return this.#take(this.#entries.length, this.#bytes)
  }

  #take(end: number, bytes: number): LaneEntry[] {
    const taken = this.#entries.slice(this.#head, end)
    this.#bytes -= bytes
    this.#head = end
    // Give up the front only when it is the larger part: each entry is moved at most once on average.
    if (this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return taken
  }
}
