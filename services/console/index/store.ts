import type { DatabaseSync } from 'node:sqlite'
import type { StreamOf } from '#shared/delivery/dead-letter-record.ts'
import { readBatch } from '#shared/delivery/log/read-batch.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { openSubscriptions } from './subscriptions.ts'
import { createTally } from './tally.ts'
import { openWords } from './words.ts'
import { createDeliveryWriter } from './write-deliveries.ts'
import { createEventWriter, type IndexedStream } from './write-events.ts'
import { createLetterWriter } from './write-letters.ts'

/** What a topic holds. */
export type Followed =
  | { kind: 'attempts' | 'dead-letters' | 'audit'; topic: string }
  | { kind: 'stream'; topic: string; stream: IndexedStream }

/** Records of one partition, in order, and where the next ones begin. */
export type Chunk = { of: Followed; partition: number; next: number; records: readonly StoredRecord[] }

/**
 * The writing side of the index. Every method that changes something is one transaction: rows, sums and positions are there
 * together or not at all, so no record is left out or counted twice, whenever the process ends.
 */
export type IndexStore = {
  /** Where reading goes on; null: it was never read. */
  position(topic: string, partition: number): number | null
  /** Records and sums that are older than `oldestMs` are passed over. */
  apply(chunk: Chunk, oldestMs: number): void
  /** Makes a stream known; the position of one that was made anew under its topic is forgotten. */
  noteStream(stream: IndexedStream): void
  /** The log has lost what was read: its partition is read again from where it begins. */
  forgetPosition(topic: string, partition: number): void
  /** Everything that was in the log at this moment is in the index. */
  noteComplete(atMs: number): void
  /** Keeps the highest value of a minute. */
  noteGauges(atMs: number, values: ReadonlyMap<string, number>): void
}

export function openStore(db: DatabaseSync, streamOf: StreamOf): IndexStore {
  const [words, subscriptions, tally] = [openWords(db), openSubscriptions(db), createTally(db)]
  const events = createEventWriter({ db, words, tally })
  const deliveries = createDeliveryWriter({ db, words, subscriptions, tally })
  const letters = createLetterWriter({ db, subscriptions, tally })
  const getPosition = db.prepare('SELECT next FROM positions WHERE topic = ? AND partition = ?')
  const setPosition = db.prepare('INSERT OR REPLACE INTO positions VALUES (?, ?, ?)')
  const dropPosition = db.prepare('DELETE FROM positions WHERE topic = ? AND partition = ?')
  const dropPositions = db.prepare('DELETE FROM positions WHERE topic = ?')
  const setMeta = db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)')
  const addAudit = db.prepare('INSERT OR REPLACE INTO audit VALUES (?, ?, ?)')
  const addGauge = db.prepare(
    'INSERT INTO history VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)',
  )
  const write = (record: StoredRecord, of: Followed, oldestMs: number) => {
    if (of.kind === 'attempts') {
      const batch = readBatch(record)
      if (batch !== null) deliveries.write(batch, record.offset, oldestMs)
    } else if (of.kind === 'dead-letters') letters.write(record, streamOf)
    else if (of.kind === 'audit') addAudit.run(record.offset, record.timestampMs, record.value?.toString() ?? '{}')
  }
  return {
    position: (topic, partition) => (getPosition.get(topic, partition)?.next as number | undefined) ?? null,
    apply: ({ of, partition, next, records }, oldestMs) =>
      inTransaction(db, () => {
        const number = of.kind === 'stream' ? events.streamNumber(of.stream).id : 0
        for (const record of records) {
          if (of.kind !== 'stream') write(record, of, oldestMs)
          else if (record.timestampMs >= oldestMs) events.write(record, of.stream, number)
        }
        tally.flush()
        setPosition.run(of.topic, partition, next)
      }),
    noteStream: (stream) =>
      inTransaction(db, () => {
        if (events.streamNumber(stream).isNew) dropPositions.run(stream.topic)
      }),
    forgetPosition: (topic, partition) => void dropPosition.run(topic, partition),
    noteComplete: (atMs) => void setMeta.run('complete-to', atMs),
    noteGauges: (atMs, values) =>
      inTransaction(db, () => {
        for (const [series, value] of values) addGauge.run(series, Math.floor(atMs / 60_000), value)
      }),
  }
}

export function inTransaction(db: DatabaseSync, work: () => void): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    work()
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}
