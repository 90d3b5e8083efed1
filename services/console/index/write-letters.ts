import type { DatabaseSync } from 'node:sqlite'
import { readDeadLetter, type StreamOf } from '#shared/delivery/dead-letter-record.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { webhookIdOf } from '#shared/event/webhook-id.ts'
import { hashOf } from './hash.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { Tally } from './tally.ts'

type Parts = { db: DatabaseSync; subscriptions: Subscriptions; tally: Tally }

/** Writes dead letters, which outlive their event, and what settled them. */
export function createLetterWriter({ db, subscriptions, tally }: Parts) {
  const insert = db.prepare('INSERT OR REPLACE INTO letters VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?)')
  const settle = db.prepare(
    `UPDATE letters SET settled = ?, settled_ms = ? WHERE partition = ? AND offset = ?
     AND subscription = (SELECT id FROM subscriptions WHERE uid = ?)`,
  )
  return {
    write(record: StoredRecord, streamOf: StreamOf): void {
      const reading = readDeadLetter(record, streamOf)
      if (reading.kind === 'settled') {
        const at = placeOfKey(reading.key)
        if (at !== null) settle.run(reading.as, record.timestampMs, at.partition, at.offset, at.uid)
      }
      if (reading.kind !== 'dead-letter') return
      const { letter } = reading
      const { uid, subscription, source, at, deadAtMs, eventId, eventSource } = letter
      const number = subscriptions.numberOf({ uid, subscription, stream: streamOf(source.topic).name })
      insert.run(
        ...[number, source.partition, source.offset, at.partition, at.offset, deadAtMs, hashOf(eventId)],
        ...[hashOf(webhookIdOf(eventSource, eventId)), JSON.stringify(letter)],
      )
      tally.count(`dead-lettered/${subscription}`, deadAtMs)
    },
  }
}

/** `<uid>/<topic>/<partition>/<offset>@<ms>` */
function placeOfKey(key: string) {
  const [, uid, partition, offset] = /^([^/]+)\/[^/]+\/(\d+)\/(\d+)@-?\d+$/.exec(key) ?? []
  return uid === undefined ? null : { uid, partition: Number(partition), offset: Number(offset) }
}
