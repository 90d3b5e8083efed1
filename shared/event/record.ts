/** Kafka header names and their utf-8 text. */
export type RecordHeaders = Readonly<Record<string, string>>

/** What is written to a stream: key and value as bytes, never parsed and printed again. */
export type EventRecord = { key: Buffer | null; value: Buffer | null; headers: RecordHeaders }

/** A record as the log gives it back. */
export type StoredRecord = EventRecord & { topic: string; partition: number; offset: number; timestampMs: number }

/** Where an event stands: `<stream>-<partition>-<offset>`. */
export type Position = `${string}-${number}-${number}`

/** The position of a stored event of `stream` (the name of the stream, not of its topic). */
export function positionOf(stream: string, partition: number, offset: number): Position {
  return `${stream}-${partition}-${offset}`
}
