import type { DatabaseSync } from 'node:sqlite'

/** Of which stream it is, and what it is called. */
export type IndexedSubscription = { uid: string; subscription: string; stream: string }

/** Subscriptions by number, also those that were deleted: their attempts outlive them. */
export type Subscriptions = { numberOf(subscription: IndexedSubscription): number }

export function openSubscriptions(db: DatabaseSync): Subscriptions {
  const known = new Map<string, number>()
  const add = db.prepare('INSERT OR IGNORE INTO subscriptions (uid, name, stream) VALUES (?, ?, ?)')
  const find = db.prepare('SELECT id FROM subscriptions WHERE uid = ?')
  return {
    numberOf({ uid, subscription, stream }) {
      const number = known.get(uid)
      if (number !== undefined) return number
      add.run(uid, subscription, stream)
      const made = Number(find.get(uid)?.id)
      known.set(uid, made)
      return made
    },
  }
}
