import { begin } from './begin.ts'
import { emit, type Pair } from './states.ts'
import { openTable } from './table.ts'

/** The own fence stands at `offset`: should trimming take it before it is read, passing it ends the reading as well. */
export function learnFence(pair: Pair, offset: number): void {
  pair.table.retry.fenceAt ??= offset
  passFence(pair)
}

/** The reading goes on behind the own fence. */
export function passFence(pair: Pair): void {
  const { retry } = pair.table
  if (pair.phase === 'reading' && retry.fenceAt !== null && retry.top > retry.fenceAt) completeTable(pair)
}

export function readFence(pair: Pair, owner: string): void {
  const { retry } = pair.table
  if (owner === pair.token) completeTable(pair)
  else if (retry.isComplete) stop(pair)
}

/** Ends the epoch without another: its table is dropped, and whatever of it is under way will be ignored. */
export function endEpoch(pair: Pair): void {
  emit(pair, { kind: 'drop-appends', token: pair.token })
  pair.token = nextToken(pair)
  pair.table = openTable(0, 0)
}

/** A token for an epoch that begins without a join. */
export function nextToken(pair: Pair): string {
  pair.reloads += 1
  const [joined] = pair.nextToken.split('.')
  return `${joined}.${pair.reloads}`
}

function completeTable(pair: Pair): void {
  if (pair.table.retry.isComplete) return
  pair.table.retry.isComplete = true
  if (pair.phase === 'reading') begin(pair)
}

/** Somebody else believes to own the pair: no attempt, no append and no commit until a heartbeat has decided. */
function stop(pair: Pair): void {
  emit(pair, { kind: 'pause', of: 'stream' })
  emit(pair, { kind: 'pause', of: 'retry' })
  endEpoch(pair)
  pair.phase = 'fenced'
}
