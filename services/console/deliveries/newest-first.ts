import type { StoredRecord } from '#shared/event/record.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { inSlices } from '#shared/resilience/slices.ts'

/** How much one question may read, all its partitions together. `untilMs` is monotonic. */
export type Budget = { bytesLeft: number; untilMs: number }

export const isSpent = ({ bytesLeft, untilMs }: Budget): boolean => bytesLeft <= 0 || performance.now() >= untilMs

export type Part = { topic: string; partition: number; low: number; high: number }

const firstChunk = 16
const largestChunk = 1_024
const chunkBytes = 1024 * 1024

/**
 * The records of some partitions, newest first by the clock of the log, until all are read or the budget is spent: check
 * `isSpent` when it ends. Each partition is read backwards in chunks of about 1 MiB.
 */
export async function* newestFirst(
  admin: Pick<KafkaAdmin, 'read'>,
  parts: readonly Part[],
  budget: Budget,
): AsyncGenerator<StoredRecord> {
  const readers = parts.map((part) => new BackwardReader(admin, part, budget))
  const slices = inSlices()
  while (!isSpent(budget)) {
    await slices.pause()
    const heads = await Promise.all(readers.map((reader) => reader.peek()))
    const newest = heads.reduce<number | null>((best, head, at) => {
      if (head === null) return best
      return best === null || head.timestampMs > (heads[best]?.timestampMs ?? 0) ? at : best
    }, null)
    if (newest === null) return
    const record = heads[newest]
    readers[newest]?.pop()
    if (record !== undefined && record !== null) yield record
  }
}

class BackwardReader {
  readonly #admin: Pick<KafkaAdmin, 'read'>
  readonly #part: Part
  readonly #budget: Budget
  /** Everything from here on was read. */
  #from: number
  #chunk = firstChunk
  /** Ascending; the last one is the next to be given out. */
  #records: StoredRecord[] = []

  constructor(admin: Pick<KafkaAdmin, 'read'>, part: Part, budget: Budget) {
    this.#admin = admin
    this.#part = part
    this.#budget = budget
    this.#from = part.high
  }

  async peek(): Promise<StoredRecord | null> {
    while (this.#records.length === 0 && this.#from > this.#part.low) await this.#fill()
    return this.#records.at(-1) ?? null
  }

  pop(): void {
    this.#records.pop()
  }

  async #fill(): Promise<void> {
    const { topic, partition, low } = this.#part
    const from = Math.max(low, this.#from - this.#chunk)
    const to = this.#from
    const { records, next, bytes } = await this.#admin.read({ topic, partition, from, to, mostBytes: chunkBytes * 2 })
    this.#budget.bytesLeft -= bytes
    // Too much at once: its newest records would be missing.
    if (next < to && this.#chunk > 1) {
      this.#chunk = Math.max(1, Math.floor(this.#chunk / 4))
      return
    }
    this.#records = records
    this.#from = from
    const perRecord = bytes / Math.max(1, to - from)
    const fitting = Math.floor(chunkBytes / Math.max(1, perRecord))
    this.#chunk = Math.max(1, Math.min(largestChunk, this.#chunk * 4, fitting))
  }
}
