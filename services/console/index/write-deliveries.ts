import type { DatabaseSync } from 'node:sqlite'
import { isFirstTry, type LogBatch, type LogEntry, type LoggedAttempt } from '#shared/delivery/log/entries.ts'
import { hashOrNull } from './hash.ts'
import { stateNumbers } from './states.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { Tally } from './tally.ts'
import type { Words } from './words.ts'

/**
 * What is kept of a success at the first try, in one line instead of a row of its own: it is what nearly all are. When a
 * takeover repeated it there is a line for each.
 */
export type FirstTry = [
  startedMs: number,
  status: number,
  timings: [dns: number, connect: number, tls: number, firstByte: number | null, total: number],
  target: number,
  instance: number,
  isCompared: 0 | 1,
]

/** What is kept of any other turn. */
export type Turn = {
  atMs: number
  instance: string
  job: string | null
  nextAttemptAtMs: number | null
  list: readonly LoggedAttempt[]
}

type Parts = { db: DatabaseSync; words: Words; subscriptions: Subscriptions; tally: Tally }

/** Late words of an instance that had lost a delivery do not reopen it; clocks of hosts are compared for nothing else. */
const isNotReopened = 'NOT (excluded.state BETWEEN 1 AND 3 AND state NOT BETWEEN 1 AND 3 AND excluded.at_ms < at_ms)'

const columns = [
  ...['at_ms', 'state', 'attempts', 'first_ms', 'next_ms', 'behind', 'because', 'type', 'key'],
  ...['type_hash', 'key_hash', 'target', 'first_try'],
]
/** What a later entry may leave out, because it had no attempt. */
const kept = ['first_ms', 'target', 'type', 'key', 'type_hash', 'key_hash']

function update(name: string): string {
  if (name === 'first_try')
    return 'first_try = coalesce(first_try || char(10) || excluded.first_try, excluded.first_try, first_try)'
  return kept.includes(name) ? `${name} = coalesce(excluded.${name}, ${name})` : `${name} = excluded.${name}`
}

/** Writes what the attempts log tells; the newest entry of a delivery counts. */
export function createDeliveryWriter({ db, words, subscriptions, tally }: Parts) {
  const upsert = db.prepare(
    `INSERT INTO deliveries (subscription, partition, offset, ${columns.join(', ')})
     VALUES (${Array(columns.length + 3)
       .fill('?')
       .join(', ')})
     ON CONFLICT DO UPDATE SET ${columns.map(update).join(', ')} WHERE ${isNotReopened}`,
  )
  const addTurn = db.prepare('INSERT OR REPLACE INTO turns VALUES (?, ?, ?, ?, ?, ?)')
  const addRange = db.prepare('INSERT OR REPLACE INTO ranges VALUES (?, ?, ?, ?, ?, ?)')
  const addComparison = db.prepare('INSERT OR REPLACE INTO comparisons VALUES (?, ?, ?, ?, ?, ?)')

  const writeEntry = (batch: LogBatch, subscription: number, entry: LogEntry) => {
    const { offset, atMs, state, because, behind, nextAttemptAtMs, attempts, firstAttemptAtMs, type, key } = entry
    const last = entry.list.at(-1)
    const first = firstTryOf(batch, entry, words)
    upsert.run(
      ...[subscription, batch.partition, offset, Math.round(atMs), stateNumbers[state], attempts],
      ...[rounded(firstAttemptAtMs), rounded(nextAttemptAtMs), behind, first === null ? because : null, type, key],
      ...[hashOrNull(type), hashOrNull(key), last === undefined ? null : words.numberOf(last.url), first],
    )
    const failed = entry.list.filter(({ decision }) => decision !== 'delivered').length
    if (entry.list.length > 0) tally.count(`attempts/${batch.subscription}`, atMs, entry.list.length)
    if (failed > 0) tally.count(`failed/${batch.subscription}`, atMs, failed)
    if (state === 'delivered') tally.count(`delivered/${batch.subscription}`, atMs)
    return first === null
  }

  return {
    /** `logOffset`: of the record that the batch was read from. */
    write(batch: LogBatch, logOffset: number, oldestMs: number): void {
      const subscription = subscriptions.numberOf(batch)
      const { partition, instance, job } = batch
      const entries = batch.entries.toSorted((a, b) => a.atMs - b.atMs)
      for (const [number, entry] of entries.entries()) {
        if (entry.atMs < oldestMs) continue
        const isWhole = writeEntry(batch, subscription, entry)
        const { offset, atMs, nextAttemptAtMs, list } = entry
        if (!isWhole || list.length === 0) continue
        const turn: Turn = { atMs, instance, job, nextAttemptAtMs, list }
        addTurn.run(subscription, partition, offset, logOffset, number, JSON.stringify(turn))
      }
      for (const { from, to, atMs, state } of batch.ranges) {
        addRange.run(subscription, partition, to, from, Math.round(atMs), state === 'expired' ? 1 : 0)
      }
      for (const [number, told] of batch.comparisons.entries()) {
        addComparison.run(subscription, partition, told.offset, logOffset, number, JSON.stringify({ instance, told }))
      }
    },
  }
}

const rounded = (ms: number | null): number | null => (ms === null ? null : Math.round(ms))

function firstTryOf({ instance, job }: LogBatch, entry: LogEntry, words: Words): string | null {
  const [only] = entry.list
  if (only === undefined || job !== null || !isFirstTry(entry) || only.body !== null) return null
  const { atMs, status, timingsMs, url, isCompared } = only
  const { dns, connect, tls, firstByte, total } = timingsMs
  const timings: FirstTry[2] = [dns, connect, tls, firstByte, total]
  const [target, by] = [words.numberOf(url), words.numberOf(instance)]
  const first: FirstTry = [atMs, status ?? 0, timings, target, by, isCompared ? 1 : 0]
  return JSON.stringify(first)
}
