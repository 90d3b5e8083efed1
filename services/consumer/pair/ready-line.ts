import type { KeyQueue } from './key-queues.ts'

/** Queues whose head may be attempted, first come first served. A queue is in one line at most and leaves it in O(1). */
export type ReadyLine = { first: KeyQueue | null; last: KeyQueue | null; count: number }

export function openLine(): ReadyLine {
  return { first: null, last: null, count: 0 }
}

export function stepIn(line: ReadyLine, queue: KeyQueue): void {
  queue.line = line
  queue.previousReady = line.last
  if (line.last === null) line.first = queue
  else line.last.nextReady = queue
  line.last = queue
  line.count += 1
}

export function stepOut(queue: KeyQueue): void {
  const { line, previousReady, nextReady } = queue
  if (line === null) return
  if (previousReady === null) line.first = nextReady
  else previousReady.nextReady = nextReady
  if (nextReady === null) line.last = previousReady
  else nextReady.previousReady = previousReady
  queue.line = null
  queue.previousReady = null
  queue.nextReady = null
  line.count -= 1
}
