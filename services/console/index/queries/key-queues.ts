import type { DatabaseSync } from 'node:sqlite'

/** A key whose events wait behind one that is tried again. `head`: the offset of that one; it counts among those that wait. */
export type KeyQueue = { key: string; partition: number; waiting: number; head: number; sinceMs: number }

/** The keys of a subscription with the most that waits, longest first. */
export function longestQueues(db: DatabaseSync, { uid, limit }: { uid: string; limit: number }): KeyQueue[] {
  const queues = db
    .prepare(`SELECT subscription, partition, count(*) AS waiting, min(offset) AS head
      FROM deliveries INDEXED BY deliveries_open
      WHERE subscription = (SELECT id FROM subscriptions WHERE uid = ?) AND key_hash IS NOT NULL AND state BETWEEN 1 AND 3
      GROUP BY partition, key_hash ORDER BY waiting DESC, head LIMIT ?`)
    .all(uid, limit)
  const headOf = db.prepare(
    'SELECT key, coalesce(first_ms, at_ms) AS sinceMs FROM deliveries WHERE subscription = ? AND partition = ? AND offset = ?',
  )
  return queues.map(({ subscription = null, partition = null, waiting, head = null }) => ({
    ...({ partition, waiting, head } as Pick<KeyQueue, 'partition' | 'waiting' | 'head'>),
    ...(headOf.get(subscription, partition, head) as Pick<KeyQueue, 'key' | 'sinceMs'>),
  }))
}
