import { commit, commitIfDue, lowestOpen } from './commit.ts'
import { endEpoch, loadAgain } from './epochs.ts'
import { isWorking, type Pair, type PairPolicy } from './states.ts'
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
  endEpoch(pair)
  pair.table = openTable(offset, retryFrom)
  pair.phase = 'moving'
  commit(pair, true)
}

/** Queues that are kept by something else cannot be made of these: the pair commits what it has, and loads again. */
export function changePolicy(pair: Pair, policy: PairPolicy): void {
  pair.policy = policy
  if (!isWorking(pair) || policy.ordering === pair.table.ordering) return
  commitIfDue(pair, false)
  endEpoch(pair)
  loadAgain(pair)
}
