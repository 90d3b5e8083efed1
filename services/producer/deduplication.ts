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
export type DedupRequest = { stream: string; keyId: string; headers: DedupHeaders; events: readonly MappedEvent[] }
type DedupHeaders = Readonly<Record<string, string | string[] | undefined>>

export type Deduplication = {
  mode: DedupMode
  /** One for each event. */
  verdicts: readonly Verdict[]
  /**
   * How an event ended whose verdict is `append`: called once for each, when Kafka has decided, which may be after the
   * publisher was told `outcome-unknown`; and with the refusal when another event refused the request.
   */
  ended(index: number, ending: Ending): void
  /** Awaited before the publisher hears the answer. */
  settled(): Promise<void>
}

/** Decides after validation and before anything is appended. Never rejects: without its memory the verdict is `append`. */
export type Deduplicate = (request: DedupRequest) => Promise<Deduplication>
