import type { DatabaseSync } from 'node:sqlite'
import { auditRetentionMs, deadLetterRetentionMs } from '#shared/catalog/topics.ts'
import { inTransaction } from './store.ts'

export type Keeping = { retentionMs: number; mostBytes: number }

/** Of one transaction: a few milliseconds, so that records never wait for long. */
const rowsAtOnce = 2_000
const dayMs = 86_400_000
const historyKeptMs = 7 * dayMs
/** How much of its span an index that is too large gives up at a time. */
const share = 50

/** Takes out of the index what is too old, and the oldest of what is too much. */
export type Retention = {
  /** One slice of the work; false when nothing is left to do. */
  step(nowMs: number): boolean
  /** What is older is not there, ms. */
  oldestMs(nowMs: number): number
}

/**
 * Rows go by time: events and settled deliveries after `retentionMs`, or earlier when the file would be larger than
 * `mostBytes`. A delivery that is not over stays, since it is what operators look for. Freed pages are used again, so the
 * file stays as large as it was.
 */
export function createRetention(db: DatabaseSync, { retentionMs, mostBytes }: Keeping): Retention {
  let floorMs = Number(db.prepare("SELECT value FROM meta WHERE name = 'oldest'").get()?.value ?? 0)
  const setFloor = db.prepare("INSERT OR REPLACE INTO meta VALUES ('oldest', ?)")
  const dropOlder = droppers(db)
  const oldestOf = db.prepare('SELECT min(stored_ms) AS ms FROM events')
  const oldestMs = (nowMs: number) => Math.max(floorMs, nowMs - retentionMs)
  return {
    oldestMs,
    step(nowMs) {
      let dropped = 0
      inTransaction(db, () => {
        dropped += dropOlder.rows(oldestMs(nowMs))
        dropped += dropOlder.letters(nowMs - deadLetterRetentionMs)
        dropped += dropOlder.audit(nowMs - auditRetentionMs)
        dropped += dropOlder.history(Math.floor((nowMs - historyKeptMs) / 60_000))
      })
      if (dropped > 0) return true
      if (usedBytes(db) <= mostBytes) return false
      const first = Number(oldestOf.get()?.ms ?? nowMs)
      floorMs = first + Math.max(1_000, Math.ceil((nowMs - first) / share))
      setFloor.run(floorMs)
      return true
    },
  }
}

function usedBytes(db: DatabaseSync): number {
  const read = (name: string) => Number(db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0)
  return (read('page_count') - read('freelist_count')) * read('page_size')
}

function droppers(db: DatabaseSync) {
  const place = '(subscription, partition, offset)'
  const settled = `SELECT subscription, partition, offset FROM deliveries INDEXED BY deliveries_by_time
    WHERE at_ms < ? AND state NOT BETWEEN 1 AND 3 ORDER BY at_ms LIMIT ${rowsAtOnce}`
  const drop = (sql: string) => {
    const statement = db.prepare(sql)
    return (limit: number) => Number(statement.run(limit).changes)
  }
  const events = drop(`DELETE FROM events WHERE (stream, partition, offset) IN
    (SELECT stream, partition, offset FROM events WHERE stored_ms < ? ORDER BY stored_ms LIMIT ${rowsAtOnce})`)
  const turns = drop(`DELETE FROM turns WHERE ${place} IN (${settled})`)
  const comparisons = drop(`DELETE FROM comparisons WHERE ${place} IN (${settled})`)
  const deliveries = drop(`DELETE FROM deliveries WHERE ${place} IN (${settled})`)
  const ranges = drop('DELETE FROM ranges WHERE at_ms < ?')
  const letters = drop('DELETE FROM letters WHERE dead_ms < ?')
  const audit = drop('DELETE FROM audit WHERE at_ms < ?')
  const history = drop('DELETE FROM history WHERE minute < ?')
  const rows = (oldestMs: number) => {
    turns(oldestMs)
    comparisons(oldestMs)
    return deliveries(oldestMs) + events(oldestMs) + ranges(oldestMs)
  }
  return { rows, letters, audit, history }
}
