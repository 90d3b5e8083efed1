import { emit, isWorking, type Pair } from './states.ts'

/** Of the most that may wait in a pair, where operators are told, and where a paused stream half goes on. */
const warnedShare = 0.8
const resumedShare = 0.9

/**
 * Pauses the stream half when too much is in memory or too much waits, and resumes it with some distance, so that a slow
 * receiver does not toggle it. The retry half always goes on: what waits there is already accounted for.
 */
export function watchBounds(pair: Pair): void {
  if (!isWorking(pair)) return
  const { table } = pair
  if (!table.full && isAboveBounds(pair)) {
    table.full = true
    emit(pair, { kind: 'pause', of: 'stream' })
  } else if (table.full && isBelowBounds(pair)) {
    table.full = false
    emit(pair, { kind: 'resume', of: 'stream' })
  }
  warn(pair)
}

export function isAboveBounds({ table, policy }: Pair): boolean {
  const { inbox, inboxBytes, waiting } = table.count
  return inbox >= policy.inbox.events || inboxBytes >= policy.inbox.bytes || waiting >= policy.waiting.perPair
}

function isBelowBounds({ table, policy }: Pair): boolean {
  const { inbox, inboxBytes, waiting } = table.count
  const hasRoom = inbox <= policy.inbox.events / 2 && inboxBytes <= policy.inbox.bytes / 2
  return hasRoom && waiting <= policy.waiting.perPair * resumedShare
}

function warn(pair: Pair): void {
  const { table, policy } = pair
  const { waiting } = table.count
  const limit = policy.waiting.perPair
  if (!table.warned && waiting >= limit * warnedShare) {
    table.warned = true
    emit(pair, { kind: 'report-waiting', waiting, limit })
  } else if (table.warned && waiting < (limit * warnedShare) / 2) table.warned = false
}
