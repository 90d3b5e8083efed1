import { isAboveBounds } from './bounds.ts'
import { commit } from './commit.ts'
import { queueAnew } from './epochs.ts'
import { ensure } from './invariants.ts'
import { emit, type Pair } from './states.ts'
import { isQueuedBy } from './table.ts'

/** Opens the gate: the stream half is read from where it is unread, and the commit tells others whose the pair is. */
export function begin(pair: Pair): void {
  const { table } = pair
  ensure(pair, table.retry.isComplete, ['I-e', 'the pair begins before its own fence was read'])
  pair.phase = pair.held ? 'holding' : 'running'
  table.workingSinceMs = pair.held ? null : (table.workingSinceMs ?? pair.nowMs)
  table.full = isAboveBounds(pair)
  emit(pair, { kind: 'seek', of: 'stream', offset: table.window.next })
  if (!table.full) emit(pair, { kind: 'resume', of: 'stream' })
  commit(pair, true)
  // The policy may have changed while the retry half was read.
  if (!isQueuedBy(table, pair.policy)) queueAnew(pair)
}
