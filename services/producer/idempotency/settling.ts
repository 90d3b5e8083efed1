import { TailraceError } from '#shared/errors.ts'
import type { HeldMark, IdempotencyMarks } from '#shared/redis/idempotency-marks.ts'
import type { Deduplication, DedupMode, Ending } from '../deduplication.ts'
import type { Holding } from './holding.ts'
import type { Reach } from './reach.ts'
import { encodeAnswer } from './stored-answer.ts'

/** A mark that was opened for the event at `index`, which is to be appended. */
export type OpenedMark = { index: number; mark: HeldMark; impliedId: string | null }

export type SettlingParts = {
  opened: readonly OpenedMark[]
  /** What it is called when everything can be written. */
  mode: DedupMode
  /** What Redis may take before the answer, ms. */
  leftMs: number
  /** What it may take when nobody waits, ms. */
  allowanceMs: number
  marks: IdempotencyMarks
  reach: Reach
  holding: Holding
  storedTwice(count: number): void
}

type Answer = { mark: HeldMark; answer: string }

/**
 * Writes down what became of the events, in one round trip when the last one is decided: one that is stored becomes
 * replayable, one that is refused is given up, `outcome-unknown` is left to its lease.
 */
export function settling(parts: SettlingParts): Omit<Deduplication, 'verdicts'> {
  const { marks, reach, holding } = parts
  const open = new Map(parts.opened.map((opened) => [opened.index, opened]))
  let mode = parts.mode
  let isAwaited = false
  let isDue = false
  let writing: Promise<void> = Promise.resolve()
  let stored: Answer[] = []
  let refused: HeldMark[] = []
  const write = async () => {
    const [answers, givenUp] = [stored, refused]
    isDue = false
    stored = []
    refused = []
    const limitMs = isAwaited ? parts.allowanceMs : parts.leftMs
    // Nobody waits for that: the answer says that nothing was stored, and a repeat that comes too soon may be told to wait.
    if (givenUp.length > 0) void reach.ask(() => marks.release(givenUp), limitMs)
    if (answers.length === 0) return
    const settled = answers.map(({ mark, answer }) => ({ ...mark, answer }))
    const twice = await reach.ask(() => marks.settle(settled), limitMs)
    if (twice === null) {
      mode = 'unavailable'
      for (const { mark, answer } of answers) holding.unwritten(mark, answer)
      return
    }
    for (const { mark } of answers) holding.letGo(mark)
    if (twice > 0) parts.storedTwice(twice)
  }
  const writeSoon = () => {
    if (isDue) return
    isDue = true
    // Kafka decides about many events in one turn.
    queueMicrotask(() => void write())
  }
  return {
    ended(index, ending) {
      const found = open.get(index)
      if (found === undefined || !open.delete(index)) return
      const { mark, impliedId } = found
      if (!(ending instanceof TailraceError)) stored.push({ mark, answer: encodeAnswer(ending, impliedId) })
      else holding.letGo(mark)
      if (isRefusal(ending)) refused.push(mark)
      if (isAwaited) writeSoon()
      else if (open.size === 0) writing = write()
    },
    settled() {
      if (open.size > 0) writing = write()
      isAwaited = true
      return writing
    },
    mode: () => mode,
  }
}

/** The lane says so when it knows that nothing was written; anything else may be in the log or may still get there. */
function isRefusal(ending: Ending): boolean {
  return ending instanceof TailraceError && ending.code !== 'outcome-unknown' && ending.code !== 'internal'
}
