import type { DatabaseSync } from 'node:sqlite'
import { hashOf } from '../hash.ts'
import { eventAt } from './events.ts'

export type Waiting = {
  uid: string
  stream: string
  partition: number
  offset: number
  /** null: it waits for whatever comes before it in its partition. */
  key: string | null
  /** What of the partition its instance attempted when it reported last. */
  underWay: readonly { offset: number; reportedAtMs: number }[]
  /** Whether one that has failed holds up those behind it. */
  heedsFailed: boolean
}

/** The delivery that this one waits for: the head of its queue, which is under way or has failed. */
export function blockerOf(db: DatabaseSync, waiting: Waiting): number | null {
  const [attempted] = waiting.underWay
    .filter((one) => isBefore(db, waiting, one.offset) && !isOverSince(db, waiting, one))
    .map(({ offset }) => offset)
    .sort((a, b) => a - b)
  return attempted ?? (waiting.heedsFailed ? firstOpen(db, waiting) : null)
}

function isBefore(db: DatabaseSync, { stream, partition, offset, key }: Waiting, other: number): boolean {
  if (other >= offset) return false
  return key === null || eventAt(db, { stream, partition, offset: other })?.key === key
}

/** A report may be older than what the log tells by now. */
function isOverSince(db: DatabaseSync, { uid, partition }: Waiting, { offset, reportedAtMs }: Waiting['underWay'][0]) {
  const found = db
    .prepare(`SELECT 1 FROM deliveries WHERE subscription = (SELECT id FROM subscriptions WHERE uid = ?)
      AND partition = ? AND offset = ? AND at_ms >= ? AND state NOT BETWEEN 1 AND 3`)
    .get(uid, partition, offset, reportedAtMs)
  return found !== undefined
}

function firstOpen(db: DatabaseSync, { uid, partition, offset, key }: Waiting): number | null {
  const ofKey = key === null ? '' : 'AND key_hash = ? AND key = ?'
  const row = db
    .prepare(`SELECT min(offset) AS head FROM deliveries INDEXED BY deliveries_open
      WHERE subscription = (SELECT id FROM subscriptions WHERE uid = ?) AND partition = ? AND offset < ?
      ${ofKey} AND state BETWEEN 1 AND 3`)
    .get(uid, partition, offset, ...(key === null ? [] : [hashOf(key), key]))
  return typeof row?.head === 'number' ? row.head : null
}
