import { type KeyQueue, type KeyQueues, pushReady } from './key-queues.ts'

/** Binary heap of the queues whose head waits for its due time, the earliest first. */

export function pushWaiting({ waiting }: KeyQueues, queue: KeyQueue): void {
  let at = waiting.push(queue) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (dueAt(waiting[parent]) <= dueAt(queue)) break
    swap(waiting, at, parent)
    at = parent
  }
}

/** When the earliest head is due, ms; Infinity when none waits. */
export function earliestDueMs({ waiting }: KeyQueues): number {
  return waiting.length === 0 ? Number.POSITIVE_INFINITY : dueAt(waiting[0])
}

/** Moves every head that is due at `nowMs` to the ready line. */
export function releaseDue(queues: KeyQueues, nowMs: number): void {
  while (earliestDueMs(queues) <= nowMs) releaseEarliest(queues)
}

/** Moves every waiting head to the ready line. */
export function releaseAll(queues: KeyQueues): void {
  while (queues.waiting.length > 0) releaseEarliest(queues)
}

/** Moves the earliest head to the ready line although its time has not come. */
export function releaseEarliest(queues: KeyQueues): void {
  const { waiting } = queues
  const first = waiting[0]
  const last = waiting.pop()
  if (first === undefined || last === undefined) return
  if (waiting.length > 0) {
    waiting[0] = last
    sink(waiting)
  }
  if (first.head !== null) first.head.state = 'queued'
  pushReady(queues, first)
}

function sink(waiting: KeyQueue[]): void {
  for (let at = 0; ; ) {
    const left = 2 * at + 1
    const child = dueAt(waiting[left + 1]) < dueAt(waiting[left]) ? left + 1 : left
    if (dueAt(waiting[child]) >= dueAt(waiting[at])) return
    swap(waiting, at, child)
    at = child
  }
}

const dueAt = (queue: KeyQueue | undefined): number => queue?.head?.dueAtMs ?? Number.POSITIVE_INFINITY

function swap(waiting: KeyQueue[], a: number, b: number): void {
  const [first, second] = [waiting[a], waiting[b]]
  if (first === undefined || second === undefined) return
  waiting[a] = second
  waiting[b] = first
}
