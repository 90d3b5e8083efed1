import type { DatabaseSync } from 'node:sqlite'

/** `completeToMs`: everything that was in the log then is in the index; null: nothing was read to its end yet. */
export type IndexStatus = { completeToMs: number | null; oldestMs: number }

export function indexStatus(db: DatabaseSync): IndexStatus {
  const read = (name: string) => db.prepare('SELECT value FROM meta WHERE name = ?').get(name)?.value
  const complete = read('complete-to')
  return { completeToMs: complete === undefined ? null : Number(complete), oldestMs: Number(read('oldest') ?? 0) }
}

export type MinuteValue = { series: string; minute: number; value: number }

/** The sums of some series in minutes [from, to). */
export function readMinutes(
  db: DatabaseSync,
  { series, from, to }: { series: readonly string[]; from: number; to: number },
): MinuteValue[] {
  const one = db.prepare('SELECT series, minute, value FROM history WHERE series = ? AND minute >= ? AND minute < ?')
  return series.flatMap((name) => one.all(name, from, to) as MinuteValue[])
}

/** The first minute of which anything is known. */
export function firstMinute(db: DatabaseSync): number | null {
  const first = db.prepare('SELECT min(minute) AS minute FROM history').get()?.minute
  return typeof first === 'number' ? first : null
}

export type AuditRow = { offset: number; atMs: number; told: string }

/** Newest first, at most `limit` below `before`. */
export function listAudit(
  db: DatabaseSync,
  filter: { sinceMs: number | null; untilMs: number | null; before: number | null; limit: number },
): AuditRow[] {
  const { sinceMs, untilMs, before, limit } = filter
  const sql = `SELECT offset, at_ms AS atMs, told FROM audit WHERE offset < ? AND at_ms >= ? AND at_ms < ?
    ORDER BY offset DESC LIMIT ?`
  const [least, most] = [0, Number.MAX_SAFE_INTEGER]
  return db.prepare(sql).all(before ?? most, sinceMs ?? least, untilMs ?? most, limit) as AuditRow[]
}
