import type { JobState } from '#shared/catalog/job-schema.ts'
import type { DeadLetter } from '#shared/delivery/dead-letter-record.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { Source } from '#shared/event/source.ts'

/** One delivery of a job. */
export type JobItem = {
  /** What order is kept by; null for none. */
  readonly order: string | null
  readonly source: Source
  /** The dead letter that is delivered again; null in a replay. */
  readonly letter: DeadLetter | null
  /** The event; null when the log no longer has it. Rejects while Kafka does not answer. */
  load(): Promise<StoredRecord | null>
  /** When the target first and last asked to wait because of it, monotonic ms. */
  askedToWait: { firstMs: number; lastMs: number } | null
}

/** `impossible`: no runner like this one can ever do it. */
export type Opened = { kind: 'open'; source: JobSource } | { kind: 'impossible'; error: string }

export type JobCounts = Pick<JobState, 'done' | 'delivered' | 'deadLettered'>

/** How an item ended: `expired` when retention took it before. */
export type JobEnding = 'delivered' | 'dead-lettered' | 'discarded' | 'expired'

/**
 * What a job goes through. It remembers across runners what has ended, so that after a death only what was under way is done
 * again, and nothing of it is left out.
 */
export type JobSource = {
  /** Up to about `count` further items; within an order always in log order. Rejects while Kafka does not answer. */
  next(count: number): Promise<{ items: readonly JobItem[]; isLast: boolean }>
  ended(item: JobItem, ending: JobEnding): void
  counts(): JobCounts
  cursor(): JobState['cursor']
  /** How many it has gone through, those that it passed over included: whether the cursor has moved. */
  seen(): number
  /** What of the selection the log no longer had; null when nothing is missing. */
  missing(): string | null
}
