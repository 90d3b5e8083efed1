import { load } from './assign.ts'
import { commit, lowestOpen } from './commit.ts'
import { endEpoch, nextToken } from './fences.ts'
import { emit, isWorking, type Pair } from './states.ts'
import { openTable } from './table.ts'

/**
 * The operator moves the paused subscription to another base. The epoch ends, the new base is committed, and the pair
 * loads again. What waits in the retry half goes on waiting there: below the new base it is only there, above it the
 * stream half will meet it again and find it adopted. Closing it instead would say of an event that it is terminal when
 * it is not.
 */
export function move(pair: Pair, offset: number): void {
  if (!isWorking(pair) && pair.phase !== 'failed') return
  const retryFrom = lowestOpen(pair)
  emit(pair, { kind: 'pause', of: 'stream' })
  emit(pair, { kind: 'pause', of: 'retry' })
  endEpoch(pair)
  pair.table = openTable(offset, retryFrom)
  pair.phase = 'moving'
  commit(pair, true)
}

/** The new position is committed; everything else is as after a join. */
export function loadMoved(pair: Pair): void {
  pair.phase = 'loading'
  pair.nextToken = nextToken(pair)
  load(pair)
}
