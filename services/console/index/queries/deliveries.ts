import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { LogEntry, LoggedAttempt, LoggedComparison, LoggedRange } from '#shared/delivery/log/entries.ts'
import { hashOf } from '../hash.ts'
import { stateName, stateNumbers } from '../states.ts'
import type { FirstTry, Turn } from '../write-deliveries.ts'

/** A subscription as the attempts log names it, and its number in the index. */
export type RowOwner = { number: number; uid: string; subscription: string; stream: string }

/** What the newest entry of a delivery tells. */
export type DeliveryRow = RowOwner & { partition: number } & Omit<LogEntry, 'list'>

const select = `SELECT s.id AS number, s.uid, s.name AS subscription, s.stream, d.partition, d.offset, d.at_ms AS atMs,
  d.state, d.attempts, d.first_ms AS firstAttemptAtMs, d.next_ms AS nextAttemptAtMs, d.behind, d.because, d.type, d.key,
  d.first_try AS firstTry`

/** Where an event stands: the name of its stream, partition, offset. */
export type Place = { stream: string; partition: number; offset: number }

/** What subscriptions of a stream have done about an event, also those that are gone. */
export type Told = {
  rows: DeliveryRow[]
  ranges: (RowOwner & LoggedRange)[]
  letters: (RowOwner & { letter: string; settled: string | null; settledMs: number | null })[]
}

export function toldAbout(db: DatabaseSync, { stream, partition, offset }: Place): Told {
  const owners = 'SELECT id AS number, uid, name AS subscription, stream FROM subscriptions s WHERE stream = ?'
  const rows = db
    .prepare(`${select} FROM subscriptions s CROSS JOIN deliveries d ON d.subscription = s.id
      WHERE s.stream = ? AND d.partition = ? AND d.offset = ?`)
    .all(stream, partition, offset)
    .map(rowOf)
  const letters = db
    .prepare(`SELECT o.*, told AS letter, settled, settled_ms AS settledMs FROM (${owners}) o
      CROSS JOIN letters l ON l.subscription = o.number WHERE l.partition = ? AND l.offset = ?`)
    .all(stream, partition, offset) as Told['letters']
  const all = db.prepare(owners).all(stream) as RowOwner[]
  const ranges = all.flatMap((owner) =>
    rangesOver(db, owner.number, { partition, offset }).map((range) => ({ ...owner, ...range })),
  )
  return { rows, ranges, letters }
}

/** One delivery with its attempts. */
export type WholeDelivery = {
  owner: RowOwner
  row: DeliveryRow | null
  ranges: LoggedRange[]
  turns: Turn[]
  comparisons: { instance: string; told: LoggedComparison }[]
}

/** Of several subscriptions that had the name, the last one counts that has such a delivery. */
export function wholeDelivery(
  db: DatabaseSync,
  { subscription, partition, offset }: { subscription: string; partition: number; offset: number },
): WholeDelivery | null {
  const owners = db
    .prepare(
      'SELECT id AS number, uid, name AS subscription, stream FROM subscriptions WHERE name = ? ORDER BY id DESC',
    )
    .all(subscription) as RowOwner[]
  for (const owner of owners) {
    const place = [owner.number, partition, offset]
    const found = db
      .prepare(`${select} FROM subscriptions s CROSS JOIN deliveries d ON d.subscription = s.id
        WHERE s.id = ? AND d.partition = ? AND d.offset = ?`)
      .get(...place)
    const ranges = rangesOver(db, owner.number, { partition, offset })
    if (found === undefined && ranges.length === 0) continue
    const read = (table: string) =>
      db
        .prepare(`SELECT told FROM ${table} WHERE subscription = ? AND partition = ? AND offset = ?
          ORDER BY log_offset, number`)
        .all(...place)
        .map(({ told }) => JSON.parse(String(told)))
    const firstTries = found === undefined ? [] : firstTurns(db, found)
    const turns = [...firstTries, ...(read('turns') as Turn[])].sort((a, b) => a.atMs - b.atMs)
    const row = found === undefined ? null : rowOf(found)
    return { owner, row, ranges, turns, comparisons: read('comparisons') }
  }
  return null
}

/** null: any. `uid`: of the subscription. */
export type RowFilter = {
  uid: string | null
  state: LogEntry['state'] | null
  key: string | null
  type: string | null
  target: string | null
  sinceMs: number | null
  untilMs: number | null
}

/** Newest first: where the page before ended. */
export type RowPlace = { atMs: number; number: number; partition: number; offset: number }

/** The most selective condition first: its index is the one that is read. */
function drivingIndex({ uid, state, key, type, target }: RowFilter): string {
  if (key !== null) return 'deliveries_by_key'
  if (state !== null && state !== 'delivered') return 'deliveries_by_state'
  if (uid !== null) return 'deliveries_by_subscription'
  if (type !== null) return 'deliveries_by_type'
  return target === null ? 'deliveries_by_time' : 'deliveries_by_target'
}

/** Deliveries by their newest entry, newest first, at most `limit` of those behind `after`. */
export function listRows(
  db: DatabaseSync,
  { filter, after, limit }: { filter: RowFilter; after: RowPlace | null; limit: number },
): DeliveryRow[] {
  const { uid, state, key, type, target, sinceMs, untilMs } = filter
  const conditions: string[] = []
  const values: SQLInputValue[] = []
  const where = (condition: string, ...bound: SQLInputValue[]) => {
    conditions.push(condition)
    values.push(...bound)
  }
  if (uid !== null) where('d.subscription = (SELECT id FROM subscriptions WHERE uid = ?)', uid)
  if (state !== null && state !== 'delivered') where('d.state > 0 AND d.state = ?', stateNumbers[state])
  if (state === 'delivered') where('d.state = 0')
  if (key !== null) where('d.key_hash = ? AND d.key = ?', hashOf(key), key)
  if (type !== null) where('d.type_hash = ? AND d.type = ?', hashOf(type), type)
  if (target !== null) where('d.target = (SELECT id FROM words WHERE text = ?)', target)
  if (sinceMs !== null) where('d.at_ms >= ?', sinceMs)
  if (untilMs !== null) where('d.at_ms < ?', untilMs)
  if (after !== null) {
    where('d.at_ms <= ?', after.atMs)
    const place = [after.atMs, after.number, after.partition, after.offset]
    where('(d.at_ms, d.subscription, d.partition, d.offset) < (?, ?, ?, ?)', ...place)
  }
  const sql = `${select} FROM deliveries d INDEXED BY ${drivingIndex(filter)} LEFT JOIN subscriptions s ON s.id = d.subscription
    ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`}
    ORDER BY d.at_ms DESC, d.subscription DESC, d.partition DESC, d.offset DESC LIMIT ?`
  return db
    .prepare(sql)
    .all(...values, limit)
    .map(rowOf)
}

/** Whether a subscription (null: any) was ever passed over anything. */
export function hasRanges(db: DatabaseSync, { uid }: { uid: string | null }): boolean {
  const owned = 'WHERE subscription = (SELECT id FROM subscriptions WHERE uid = ?)'
  const sql = `SELECT 1 FROM ranges ${uid === null ? '' : owned} LIMIT 1`
  return db.prepare(sql).get(...(uid === null ? [] : [uid])) !== undefined
}

type Row = Record<string, unknown>

function rowOf({ state, because, firstTry, ...row }: Row): DeliveryRow {
  return {
    ...(row as Omit<DeliveryRow, 'state' | 'because'>),
    state: stateName(Number(state)),
    because: because === null ? `target answered ${firstLines(firstTry).at(-1)?.[1] ?? 0}` : String(because),
  }
}

function rangesOver(db: DatabaseSync, number: number, { partition, offset }: Omit<Place, 'stream'>): LoggedRange[] {
  const sql = `SELECT from_offset, until_offset, at_ms, expired FROM ranges
    WHERE subscription = ? AND partition = ? AND until_offset > ? AND from_offset <= ?`
  return db
    .prepare(sql)
    .all(number, partition, offset, offset)
    .map(({ from_offset, until_offset, at_ms, expired }) => ({
      state: expired === 1 ? 'expired' : 'skipped',
      from: Number(from_offset),
      to: Number(until_offset),
      atMs: Number(at_ms),
    }))
}

const firstLines = (text: unknown): FirstTry[] =>
  typeof text === 'string' ? text.split('\n').map((line) => JSON.parse(line)) : []

function firstTurns(db: DatabaseSync, { firstTry }: Row): Turn[] {
  const word = (number: number) => String(db.prepare('SELECT text FROM words WHERE id = ?').get(number)?.text ?? '')
  return firstLines(firstTry).map(([atMs, status, timings, target, instance, isCompared]) => {
    const [dns, connect, tls, firstByte, total] = timings
    const only: LoggedAttempt = {
      ...{ number: 1, atMs, url: word(target), decision: 'delivered', code: `status-${status}`, status },
      ...{ detail: `target answered ${status}`, timingsMs: { dns, connect, tls, firstByte, total } },
      ...{ head: {}, body: null, isTruncated: false, isCompared: isCompared === 1 },
    }
    return { atMs, instance: word(instance), job: null, nextAttemptAtMs: null, list: [only] }
  })
}
