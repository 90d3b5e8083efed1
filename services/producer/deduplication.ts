import type { TailraceError } from '#shared/errors.ts'
import type { MappedEvent } from '#shared/event/event-request.ts'
import type { Position } from '#shared/event/record.ts'

/** Where an event of a request is stored; `replayed` when an earlier request stored it. */
export type StoredEvent = {
  id: string
  source: string
  webhookId: string
  partition: number
  offset: number
  position: Position
  replayed: boolean
}

/** What the header Tailrace-Dedup says. */
export type DedupMode = 'checked' | 'best-effort' | 'off' | 'unavailable'

/** What is to become of one event: written, answered as it was before, or refused, which refuses its whole request. */
export type Verdict =
  | { kind: 'append' }
  | { kind: 'replay'; answer: StoredEvent }
  | { kind: 'refuse'; error: TailraceError }

/** How one event ended: where it is stored, or why that is not so or not known (`outcome-unknown`). */
export type Ending = StoredEvent | TailraceError

/** The valid events of one request, each once, in their order. The value of each record is its exact bytes. */
export type DedupRequest = {
  stream: string
  keyId: string
  /** The value of Idempotency-Key, null without. */
  key: string | null
  /** All bytes of the request, after decompression. */
  body: Buffer
  events: readonly MappedEvent[]
  topic: string
  /** For each event where it will be appended. */
  partitions: readonly number[]
}

export type Deduplication = {
  /** One for each event. */
  verdicts: readonly Verdict[]
  /**
   * How an event ended whose verdict is `append`: called once for each, when Kafka has decided, which may be after the
   * publisher was told `outcome-unknown`; and with the refusal when another event refused the request.
   */
  ended(index: number, ending: Ending): void
  /**
   * Resolves when every ending that is known by now stands in Redis, or cannot for now; never rejects. Awaited before the
   * publisher hears the answer: only then is it replayable whichever producer the repeat meets, and whatever dies meanwhile.
   */
  settled(): Promise<void>
  /** For the header, once `settled` has resolved. */
  mode(): DedupMode
}

/**
 * Decides after validation and before anything is appended; undefined, at once, when no event of the request could be
 * recognised. Never rejects: without its memory the verdict is `append`.
 */
export type Deduplicate = (request: DedupRequest) => Promise<Deduplication> | undefined
