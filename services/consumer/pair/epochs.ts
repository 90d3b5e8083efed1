import { commit } from './commit.ts'
import { fenceRecord } from './retry-record.ts'
import { emit, type Pair } from './states.ts'
import { openTable } from './table.ts'

/**
 * An epoch is the life of one table: it begins with the committed state and ends when another owner may have come between.
 * Its token goes out with everything that is asked for, so that answers find the table they belong to, or none.
 */

/** Asks for the committed state. */
export function load(pair: Pair): void {
  if (pair.dropped.fetchBeforeFence) appendFence(pair)
  emit(pair, { kind: 'load', token: pair.nextToken })
}

/** Begins another epoch of the same ownership; everything is as after a join. */
export function loadAgain(pair: Pair): void {
  pair.phase = 'loading'
  pair.nextToken = nextToken(pair)
  load(pair)
}

/** Queues that are kept by something else cannot be made of these: the pair commits what it has, and loads again. */
export function queueAnew(pair: Pair): void {
  commit(pair, true)
  endEpoch(pair)
  loadAgain(pair)
}

/** Ends the epoch: nothing is read, attempted, appended or committed, and whatever is under way will be ignored. */
export function endEpoch(pair: Pair): void {
  emit(pair, { kind: 'pause', of: 'stream' })
  emit(pair, { kind: 'pause', of: 'retry' })
  emit(pair, { kind: 'drop-appends', token: pair.token })
  pair.token = nextToken(pair)
  pair.table = openTable(0, 0)
}

/**
 * The fence says where reading the retry half ends. Appended once the committed state is here: whatever was parked before
 * that state was committed stands before the fence, and what is parked later, its event is still in the stream for us.
 */
export function appendFence(pair: Pair): void {
  emit(pair, { kind: 'append', token: pair.nextToken, ref: { kind: 'fence' }, record: fenceRecord(pair.nextToken) })
}

/** A token for an epoch that begins without a join: the joined one and a number. */
function nextToken(pair: Pair): string {
  pair.reloads += 1
  const [joined] = pair.nextToken.split('.')
  return `${joined}.${pair.reloads}`
}
