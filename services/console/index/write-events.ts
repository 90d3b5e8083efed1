import type { DatabaseSync } from 'node:sqlite'
import type { StoredRecord } from '#shared/event/record.ts'
import { webhookIdOf } from '#shared/event/webhook-id.ts'
import { eventRowOf } from './event-row.ts'
import { hashOf, hashOrNull } from './hash.ts'
import type { Tally } from './tally.ts'
import type { Words } from './words.ts'

/** A stream as the index needs it. One that is deleted and made again under its name is another one: `createdAt` tells. */
export type IndexedStream = { name: string; topic: string; defaultType: string | null; createdAt: string }

type Parts = { db: DatabaseSync; words: Words; tally: Tally }

/** Writes the records of streams, each once however often it is read. */
export function createEventWriter({ db, words, tally }: Parts) {
  const insert = db.prepare(`INSERT OR REPLACE INTO events VALUES (${Array(18).fill('?').join(', ')})`)
  const addStream = db.prepare('INSERT OR IGNORE INTO streams (name, topic, created_at) VALUES (?, ?, ?)')
  const findStream = db.prepare('SELECT id FROM streams WHERE name = ? AND created_at = ?')
  const wordOrNull = (text: string | null) => (text === null ? null : words.numberOf(text))
  return {
    /** The number of a stream; `isNew` when the index did not have it. */
    streamNumber({ name, topic, createdAt }: IndexedStream): { id: number; isNew: boolean } {
      const { changes } = addStream.run(name, topic, createdAt)
      return { id: Number(findStream.get(name, createdAt)?.id), isNew: changes > 0 }
    },
    write(record: StoredRecord, stream: IndexedStream, number: number): void {
      const row = eventRowOf(record, stream)
      const {
        partition,
        offset,
        storedMs,
        id,
        source,
        type,
        key,
        bytes,
        contentType,
        traceId,
        acceptedMs,
        acceptedBy,
      } = row
      insert.run(
        ...[number, partition, offset, storedMs, id, source, type, key, hashOf(id), hashOf(webhookIdOf(source, id))],
        ...[hashOf(source), hashOf(type), hashOrNull(key), bytes, wordOrNull(contentType), traceId, acceptedMs],
        wordOrNull(acceptedBy),
      )
      tally.count(`stored/${stream.name}`, storedMs)
    },
  }
}
