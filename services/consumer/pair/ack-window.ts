import type { Run } from '#shared/delivery/commit-metadata.ts'

/**
 * Which offsets of one stream partition are finished.
 *
 *   … finished │ base ── some finished, some not ── next │ not read, but for runs that an earlier owner finished …
 *
 * Kept as the set of *unfinished* offsets: it is as large as what is in memory, however far apart base and next lie, and
 * offsets that the log no longer has need no entry. The set is ascending because the log is read in ascending order.
 */
export type AckWindow = {
  /** The next offset to be read. */
  next: number
  readonly unfinished: Set<number>
  /** What the commit remembered as finished: ascending, above the first base. */
  readonly restored: readonly Run[]
}

export function openWindow(base: number, restored: readonly Run[] = []): AckWindow {
  return { next: base, unfinished: new Set(), restored }
}

/** The record at `offset` was handed over, or what lies before `next` is known to be gone. */
export function passTo(window: AckWindow, next: number): void {
  window.next = next
}

/** `offset` was read and is under way until `finish`. */
export function start(window: AckWindow, offset: number): void {
  window.unfinished.add(offset)
}

export function finish(window: AckWindow, offset: number): void {
  window.unfinished.delete(offset)
}

/** The lowest unfinished offset: what is committed. */
export function baseOf(window: AckWindow): number {
  for (const offset of window.unfinished) return offset
  const run = restoredRun(window, window.next)
  return run === null ? window.next : run.start + run.length
}

/** Whether an earlier owner had finished it. */
export function isRestored(window: AckWindow, offset: number): boolean {
  return restoredRun(window, offset) !== null
}

/** Runs of finished offsets above base, lowest first. */
export function* finishedRuns(window: AckWindow): Generator<Run> {
  let from = baseOf(window)
  for (const offset of window.unfinished) {
    if (offset > from) yield { start: from, length: offset - from }
    from = offset + 1
  }
  const tail = window.unfinished.size > 0 ? finishedFrom(window, from) : from
  if (tail > from) yield { start: from, length: tail - from }
  for (const run of window.restored) if (run.start >= window.next && run.start >= tail) yield run
}

/** From `from`, which everything read so far precedes, to the end of what is finished without a gap. */
function finishedFrom(window: AckWindow, from: number): number {
  const run = restoredRun(window, window.next)
  return run === null ? Math.max(from, window.next) : run.start + run.length
}

/** `runs` and finished offsets of which none lies in them, ascending and joined. */
export function addToRuns(runs: readonly Run[], offsets: Iterable<number>): Run[] {
  const singles = Array.from(offsets, (start) => ({ start, length: 1 }))
  const joined: { start: number; length: number }[] = []
  for (const run of [...runs, ...singles].sort((a, b) => a.start - b.start)) {
    const last = joined.at(-1)
    if (last !== undefined && last.start + last.length === run.start) last.length += run.length
    else joined.push({ ...run })
  }
  return joined
}

/** What of [from, to) lies in none of `runs`, lowest first. */
export function* gapsIn(runs: readonly Run[], { from, to }: { from: number; to: number }): Generator<Gap> {
  let start = from
  for (const run of runs) {
    if (run.start >= to) break
    if (run.start > start) yield { from: start, to: run.start }
    start = Math.max(start, run.start + run.length)
  }
  if (start < to) yield { from: start, to }
}

type Gap = { from: number; to: number }

export function isInRuns(runs: readonly Run[], offset: number): boolean {
  return runOf(runs, offset) !== null
}

const restoredRun = ({ restored }: AckWindow, offset: number) => runOf(restored, offset)

function runOf(runs: readonly Run[], offset: number): Run | null {
  const last = runs.at(-1)
  if (last === undefined || offset >= last.start + last.length) return null
  let low = 0
  let high = runs.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const run = runs[middle]
    if (run === undefined) return null
    if (offset < run.start) high = middle - 1
    else if (offset >= run.start + run.length) low = middle + 1
    else return run
  }
  return null
}
