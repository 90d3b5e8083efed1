import { TailraceError } from '#shared/errors.ts'
import type { HeldMark, IdempotencyMarks } from '#shared/redis/idempotency-marks.ts'
import type { Decision } from './decision.ts'
import type { Holding } from './holding.ts'
import type { Reach } from './reach.ts'
import type { StoredAnswer } from './stored-answer.ts'

/** The value of the header Tailrace-Dedup. */
export type Dedup = 'checked' | 'best-effort' | 'off' | 'unavailable'

/** What one request has to do with idempotency between its validation and its answer. */
export type Opening = {
  /** One for each event, in order. */
  readonly decisions: readonly Decision[]
  /**
   * Follows the append of an event whose decision is `append`, and so decides what becomes of its mark: an offset makes it
   * replayable, a refusal gives it up, `outcome-unknown` leaves it. `appended` is the append itself, without a deadline.
   */
  watch(index: number, event: Omit<StoredAnswer, 'offset'>, appended: Promise<number>): void
  /**
   * Resolves when every answer that is known by now stands in Redis, or cannot for now; never rejects. Awaited before the
   * answer is given: only then is the answer replayable whichever producer the repeat meets, and whatever dies meanwhile.
   */
  written(): Promise<void>
  /** For the header, once `written` has resolved. */
  dedup(): Dedup
}

/** The opening of a request that has nothing to do with Redis. */
export function unmarkedOpening(decisions: readonly Decision[], dedup: Dedup): Opening {
  return { decisions, watch: () => {}, written: () => Promise.resolve(), dedup: () => dedup }
}

/** A mark that was opened for an event; `encode` shortens its answer. */
export type OpenedMark = { mark: HeldMark; encode(answer: StoredAnswer): string }

export type OpeningParts = {
  decisions: readonly Decision[]
  /** By index of the event. */
  opened: ReadonlyMap<number, OpenedMark>
  dedup: Dedup
  /** What is left of the time that Redis may take, ms. */
  allowanceMs: number
  marks: IdempotencyMarks
  reach: Reach
  holding: Holding
  storedTwice(count: number): void
}

type Written = HeldMark & { mark: HeldMark; answer: string }

/** Collects what becomes of the events and writes it in one round trip when the last one is decided. */
export function markedOpening(parts: OpeningParts): Opening {
  const { decisions, opened, marks, reach, holding } = parts
  let dedup = parts.dedup
  let undecided = opened.size
  let isAwaited = false
  let writing: Promise<void> = Promise.resolve()
  let stored: Written[] = []
  let refused: OpenedMark[] = []
  const write = async () => {
    const [answers, givenUp] = [stored, refused]
    stored = []
    refused = []
    void release(parts, givenUp)
    if (answers.length === 0) return
    const twice = await reach.ask(() => marks.settle(answers), parts.allowanceMs)
    if (twice === null) {
      dedup = 'unavailable'
      for (const { mark, answer } of answers) holding.unwritten(mark, answer)
      return
    }
    for (const { mark } of answers) holding.letGo(mark)
    if (twice > 0) parts.storedTwice(twice)
  }
  const decided = () => {
    undecided -= 1
    if (undecided === 0 || isAwaited) writing = write()
  }
  return {
    decisions,
    watch(index, { id, source, partition }, appended) {
      const found = opened.get(index)
      if (found === undefined) return
      const { mark, encode } = found
      holding.appending(mark)
      const onStored = (offset: number) => {
        stored.push({ ...mark, mark, answer: encode({ id, source, partition, offset }) })
        decided()
      }
      const onFailed = (error: unknown) => {
        holding.letGo(mark)
        if (isRefusal(error)) refused.push(found)
        decided()
      }
      appended.then(onStored, onFailed)
    },
    written() {
      if (undecided > 0) writing = write()
      isAwaited = true
      return writing
    },
    dedup: () => dedup,
  }
}

/** Nobody waits for it: an answer that refuses says that nothing was stored, and a repeat that comes too soon may be told to wait. */
export async function release(
  { marks, reach, allowanceMs }: ReleaseParts,
  opened: readonly OpenedMark[],
): Promise<void> {
  if (opened.length > 0) await reach.ask(() => marks.release(opened.map(({ mark }) => mark)), allowanceMs)
}

type ReleaseParts = Pick<OpeningParts, 'marks' | 'reach' | 'allowanceMs'>

/** The lane says so when it knows that nothing was written; anything else may be in the log or may still get there. */
function isRefusal(error: unknown): boolean {
  return error instanceof TailraceError && error.code !== 'outcome-unknown' && error.code !== 'internal'
}
