import type { KeyQueue } from './key-queues.ts'

/**
 * Binary heap of the times at which parked heads are due, the earliest first. An entry counts while its queue still waits
 * for exactly that time; others are skipped when they come up.
 */
export type DueTimes = Entry[]

type Entry = { readonly dueAtMs: number; readonly queue: KeyQueue }

export function addDue(heap: DueTimes, queue: KeyQueue, dueAtMs: number): void {
  queue.dueAtMs = dueAtMs
  const entry = { dueAtMs, queue }
  let at = heap.push(entry) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (timeAt(heap, parent) <= dueAtMs) break
    swap(heap, at, parent)
    at = parent
  }
}

/** When the earliest head is due, ms; Infinity when none waits. */
export function earliestDueMs(heap: DueTimes): number {
  dropStale(heap)
  return timeAt(heap, 0)
}

/** Takes out the earliest queue that is due at `nowMs`; null when there is none. */
export function takeDue(heap: DueTimes, nowMs: number): KeyQueue | null {
  if (earliestDueMs(heap) > nowMs) return null
  const queue = heap[0]?.queue ?? null
  pop(heap)
  if (queue !== null) queue.dueAtMs = null
  return queue
}

function dropStale(heap: DueTimes): void {
  for (let first = heap[0]; first !== undefined && first.queue.dueAtMs !== first.dueAtMs; first = heap[0]) pop(heap)
}

function pop(heap: DueTimes): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  heap[0] = last
  for (let at = 0; ; ) {
    const left = 2 * at + 1
    const child = timeAt(heap, left + 1) < timeAt(heap, left) ? left + 1 : left
    if (timeAt(heap, child) >= timeAt(heap, at)) return
    swap(heap, at, child)
    at = child
  }
}

const timeAt = (heap: DueTimes, at: number): number => heap[at]?.dueAtMs ?? Number.POSITIVE_INFINITY

function swap(heap: DueTimes, a: number, b: number): void {
  const [first, second] = [heap[a], heap[b]]
  if (first === undefined || second === undefined) return
  heap[a] = second
  heap[b] = first
}
