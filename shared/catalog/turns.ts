import { setTimeout as sleep } from 'node:timers/promises'
import { TailraceError } from '#shared/errors.ts'

/** Of a change: the offset of the turn in which it was made. */
export const turnHeader = 'tailrace_turn'
/** Of a copy: the revision of what it is a copy of. */
export const revisionHeader = 'tailrace_revision'

/** What a change needs of the catalog; `Catalog` says what each does. */
export type Turns = {
  takeTurn(timeoutMs: number): Promise<boolean>
  mend(): Promise<void>
}

const catchUpMs = 5_000
const mostTries = 6
const longestPauseMs = 5_000
const shortestTryMs = 10

/**
 * Makes a change to the catalog on what the whole topic says, alone among all processes. Whoever changes something takes the
 * turn by a record of its own, and from then on what anybody else writes in an earlier turn counts nowhere: what was checked
 * is still true when the change counts. A change whose turn was taken is made again from the start, so it must begin with
 * reading; after six times it rejects with `revision-conflict`. Rejects with `kafka-unavailable` when the topic cannot
 * be read to its end: then nothing was changed.
 */
export async function inTurn<T>(catalog: Turns, work: () => Promise<T>): Promise<T> {
  for (let round = 1; ; round += 1) {
    const startedAtMs = performance.now()
    try {
      if (!(await catalog.takeTurn(catchUpMs))) throw notReadable()
      await catalog.mend()
      return await work()
    } catch (error) {
      if (!isConflict(error) || round === mostTries) throw error
      await sleep(pauseMs(performance.now() - startedAtMs, round))
    }
  }
}

/**
 * How long whoever lost its turn leaves it to the other one: on average as long as its own try took, then twice that. Both
 * would take it from each other for ever, if they came back before the other was done.
 */
export function pauseMs(tryMs: number, round: number, random = Math.random()): number {
  return random * Math.min(longestPauseMs, Math.max(tryMs, shortestTryMs) * 2 ** round)
}

/** Whether somebody else took the turn before a change was written. */
export const isConflict = (error: unknown): boolean =>
  error instanceof TailraceError && error.code === 'revision-conflict'

function notReadable(): TailraceError {
  const detail = `the catalog topic could not be read to its end within ${catchUpMs} ms; nothing was changed`
  return new TailraceError('kafka-unavailable', detail, { retryAfterMs: 1_000 })
}
