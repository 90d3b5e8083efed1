import type { IHeaders, KafkaMessage, Message } from 'kafkajs'
import type { EventRecord, RecordHeaders, StoredRecord } from '#shared/event/record.ts'
import type { Passage } from './round.ts'

/** A record as kafkajs sends it: always with its partition, and with the round that carries it, if any. */
export type LaneMessage = Message & { readonly partition: number; passage: Passage | undefined }

/** A record as kafkajs sends it. Throws TypeError for a header that is not text: kafkajs would fail the whole batch. */
export function toMessage(record: EventRecord, partition: number): LaneMessage {
  for (const name in record.headers) {
    if (typeof record.headers[name] !== 'string') throw new TypeError(`header ${name} is not text`)
  }
  return { key: record.key, value: record.value, headers: record.headers, partition, passage: undefined }
}

/** Bytes a record takes in a batch, about: key, value, headers and 20 bytes of lengths and deltas. */
export function bytesOf(record: EventRecord): number {
  let bytes = 20 + (record.key?.length ?? 0) + (record.value?.length ?? 0)
  for (const name in record.headers) bytes += name.length + (record.headers[name]?.length ?? 0) + 2
  return bytes
}

/**
 * A record as read, with copies of key and value: kafkajs hands out views, and one kept value would hold the whole fetch
 * buffer (a 5 KB value held 5 MB). Of a repeated header the last one counts, as in the Java client's `lastHeader`.
 */
export function toStoredRecord(topic: string, partition: number, message: KafkaMessage): StoredRecord {
  return {
    topic,
    partition,
    offset: Number(message.offset),
    timestampMs: Number(message.timestamp),
    key: copied(message.key),
    value: copied(message.value),
    headers: message.headers === undefined ? {} : textHeaders(message.headers),
  }
}

function copied(bytes: Buffer | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes)
}

function textHeaders(headers: IHeaders): RecordHeaders {
  const text: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    const last = Array.isArray(value) ? value.at(-1) : value
    if (last !== undefined && last !== null) text[name] = typeof last === 'string' ? last : last.toString('utf8')
  }
  return text
}
