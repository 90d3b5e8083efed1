import { begin } from './begin.ts'
import { endEpoch } from './epochs.ts'
import type { Pair } from './states.ts'

/** The own fence stands at `offset`: should trimming take it before it is read, passing it ends the reading as well. */
export function learnFence(pair: Pair, offset: number): void {
  pair.table.retry.fenceAt ??= offset
  passFence(pair)
}

/** The retry half was read on, or is known to begin later: the own fence may lie behind. */
export function passFence(pair: Pair): void {
  const { retry } = pair.table
  if (pair.phase === 'reading' && retry.fenceAt !== null && retry.top > retry.fenceAt) completeTable(pair)
}

/**
 * The own fence completes the table. One of another owner behind it means that somebody else believes to own the pair: no
 * attempt, no append and no commit until a heartbeat has decided.
 */
export function readFence(pair: Pair, owner: string): void {
  if (owner === pair.token) {
    completeTable(pair)
  } else if (pair.table.retry.isComplete) {
    endEpoch(pair)
    pair.phase = 'fenced'
  }
}

/** The table is complete but for what was appended up to `end` since it was last read. */
export function readUpTo(pair: Pair, end: number): void {
  pair.phase = 'reading'
  pair.table.retry.fenceAt = end - 1
}

function completeTable(pair: Pair): void {
  pair.table.retry.isComplete = true
  if (pair.phase === 'reading') begin(pair)
}
