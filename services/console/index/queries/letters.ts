import type { DatabaseSync } from 'node:sqlite'
import type { DeadLetter } from '#shared/delivery/dead-letter-record.ts'
import { hashOf } from '../hash.ts'

/** Dead letters of an event, by its id or webhook-id. They outlive the event. */
export function lettersOf(db: DatabaseSync, { id }: { id: string }): DeadLetter[] {
  const hash = hashOf(id)
  const sql = 'SELECT told FROM letters WHERE id_hash = ? UNION SELECT told FROM letters WHERE webhook_hash = ?'
  return db
    .prepare(sql)
    .all(hash, hash)
    .map(({ told }) => JSON.parse(String(told)))
}

/** Dead letters of the event at a place of a stream, newest first. */
export function lettersAt(
  db: DatabaseSync,
  { stream, partition, offset }: { stream: string; partition: number; offset: number },
): DeadLetter[] {
  const sql = `SELECT told FROM subscriptions s CROSS JOIN letters l ON l.subscription = s.id
    WHERE s.stream = ? AND l.partition = ? AND l.offset = ? ORDER BY dead_ms DESC`
  return db
    .prepare(sql)
    .all(stream, partition, offset)
    .map(({ told }) => JSON.parse(String(told)))
}
