import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { hashOf } from '../hash.ts'

/** An event as the index has it. `stream`: its name; `streamNumber`: which of those that had the name. */
export type EventRow = {
  stream: string
  streamNumber: number
  partition: number
  offset: number
  storedMs: number
  id: string
  source: string
  type: string
  key: string | null
  bytes: number
  contentType: string | null
  traceId: string | null
  acceptedMs: number | null
  acceptedBy: string | null
}

/** Newest first: where the page before ended. */
export type EventPlace = Pick<EventRow, 'storedMs' | 'streamNumber' | 'partition' | 'offset'>

/** null: any. `untilMs` is exclusive. */
export type EventFilter = {
  id: string | null
  source: string | null
  key: string | null
  type: string | null
  stream: string | null
  sinceMs: number | null
  untilMs: number | null
}

const select = `SELECT streams.name AS stream, stream AS streamNumber, partition, offset, stored_ms AS storedMs,
  events.id, source, type, key, bytes, content.text AS contentType, trace_id AS traceId, accepted_ms AS acceptedMs,
  acceptor.text AS acceptedBy`
/** Outer joins, so that SQLite never begins with the small tables: what is ordered and bounded are the events. */
const joined = `LEFT JOIN streams ON streams.id = events.stream
  LEFT JOIN words AS content ON content.id = content_type LEFT JOIN words AS acceptor ON acceptor.id = accepted_by`

/** The most selective condition first: its index is the one that is read. */
const byText = [
  { member: 'id', index: 'events_by_id', column: 'id_hash', text: 'events.id' },
  { member: 'key', index: 'events_by_key', column: 'key_hash', text: 'key' },
  { member: 'source', index: 'events_by_source', column: 'source_hash', text: 'source' },
  { member: 'type', index: 'events_by_type', column: 'type_hash', text: 'type' },
] as const

/** Newest first, at most `limit` of those behind `after`. */
export function listEvents(
  db: DatabaseSync,
  { filter, after, limit }: { filter: EventFilter; after: EventPlace | null; limit: number },
): EventRow[] {
  const conditions: string[] = []
  const values: SQLInputValue[] = []
  const where = (condition: string, ...bound: SQLInputValue[]) => {
    conditions.push(condition)
    values.push(...bound)
  }
  for (const { member, column, text } of byText) {
    const wanted = filter[member]
    if (wanted !== null) where(`${column} = ? AND ${text} = ?`, hashOf(wanted), wanted)
  }
  const streams = filter.stream === null ? null : streamNumbers(db, filter.stream)
  if (streams !== null) where(`stream IN (${streams.join(', ')})`)
  if (filter.sinceMs !== null) where('stored_ms >= ?', filter.sinceMs)
  if (filter.untilMs !== null) where('stored_ms < ?', filter.untilMs)
  if (after !== null) {
    const { storedMs, streamNumber, partition, offset } = after
    // The first one alone bounds what of the index is read.
    where('stored_ms <= ?', storedMs)
    where('(stored_ms, stream, partition, offset) < (?, ?, ?, ?)', storedMs, streamNumber, partition, offset)
  }
  const driving = byText.find(({ member }) => filter[member] !== null)?.index
  const index = driving ?? (streams?.length === 1 ? 'events_by_stream' : 'events_by_time')
  const sql = `${select} FROM events INDEXED BY ${index} ${joined}
    ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`}
    ORDER BY stored_ms DESC, stream DESC, partition DESC, offset DESC LIMIT ?`
  return db.prepare(sql).all(...values, limit) as EventRow[]
}

const mostOfOneId = 100

/** What was stored under this id or webhook-id; newest first. */
export function findEvents(db: DatabaseSync, { id }: { id: string }): EventRow[] {
  const hash = hashOf(id)
  const sql = `${select} FROM events INDEXED BY events_by_id ${joined} WHERE id_hash = ? AND events.id = ?
    UNION ${select} FROM events INDEXED BY events_by_webhook ${joined} WHERE webhook_hash = ? ORDER BY storedMs DESC LIMIT ${mostOfOneId}`
  return db.prepare(sql).all(hash, id, hash) as EventRow[]
}

/** The event at a place of a stream; of several streams that had the name, the last one counts. */
export function eventAt(
  db: DatabaseSync,
  { stream, partition, offset }: { stream: string; partition: number; offset: number },
): EventRow | null {
  const sql = `${select} FROM events ${joined}
    WHERE stream = ? AND partition = ? AND offset = ?`
  for (const number of streamNumbers(db, stream)) {
    const row = db.prepare(sql).get(number, partition, offset)
    if (row !== undefined) return row as EventRow
  }
  return null
}

/** Of those that had the name, the last one first. */
function streamNumbers(db: DatabaseSync, name: string): number[] {
  const rows = db.prepare('SELECT id FROM streams WHERE name = ? ORDER BY id DESC').all(name)
  return rows.map(({ id }) => Number(id))
}
