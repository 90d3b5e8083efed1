import { encodeMetadata } from '#shared/delivery/commit-metadata.ts'
import { baseOf, finishedRuns } from './ack-window.ts'
import { wallClockMs } from './clocks.ts'
import { firstEarlyEnd } from './early-ends.ts'
import { ensure } from './invariants.ts'
import { emit, mayCommit, type Pair } from './states.ts'

/** Trimming rewrites nothing but moves a file's start; once a minute keeps a retry topic as small as anybody needs. */
const trimEveryMs = 60_000

/**
 * Stream half: the lowest unfinished offset, and what is finished above it. Retry half: the lowest open park, else what is
 * read. Any mixture of commits of any owners is safe, because each says only what was true and stays true.
 */
export function commit(pair: Pair, forced: boolean): void {
  const { table, token } = pair
  if (!table.dirty && !forced) return
  table.dirty = false
  const offset = baseOf(table.window)
  const retryOffset = lowestOpen(pair)
  ensure(pair, retryOffset <= table.retry.top, ['I-b', 'what was not read is not committed past'])
  const { text, truncated } = encodeMetadata({
    ...{ token, base: offset, runs: finishedRuns(table.window) },
    atMs: wallClockMs(pair, pair.nowMs),
  })
  emit(pair, { kind: 'commit', token, offset, metadata: text, truncated, retryOffset })
}

export function commitIfDue(pair: Pair, forced: boolean): void {
  if (mayCommit(pair)) commit(pair, forced)
}

/** What is committed is safe from a crash of everybody: below it nobody needs the retry partition again. */
export function committed(pair: Pair, offsets: { offset: number; retryOffset: number }): void {
  const { offset, retryOffset } = offsets
  pair.committed = { offset, retryOffset }
  const { trimmed, nowMs } = pair
  if (trimmed !== null && (retryOffset <= trimmed.offset || nowMs - trimmed.atMs < trimEveryMs)) return
  if (trimmed === null && retryOffset === 0) return
  pair.trimmed = { atMs: nowMs, offset: retryOffset }
  emit(pair, { kind: 'trim', offset: retryOffset })
}

export function lowestOpen({ table }: Pair): number {
  const needed = firstEarlyEnd(table)
  for (const offset of table.open.keys()) return Math.min(offset, needed)
  return Math.min(table.retry.top, needed)
}
