import { addDue } from './due-times.ts'
import type { KeyQueue } from './key-queues.ts'
import { stepIn, stepOut } from './ready-line.ts'
import type { Table } from './table.ts'

/** Where a queue stands. It leaves its place before it takes another. */

export function leavePlace(table: Table, queue: KeyQueue): void {
  if (queue.line !== null) stepOut(queue)
  queue.dueAtMs = null
  if (queue.isWanted) table.wanted.delete(queue)
  queue.isWanted = false
}

/** Its head may be attempted; at the end of the line, so that probes rotate over the keys. */
export function makeReady({ ready }: Table, queue: KeyQueue, of: keyof Table['ready']): void {
  stepIn(ready[of], queue)
}

export function waitUntilDue({ due }: Table, queue: KeyQueue, dueAtMs: number): void {
  addDue(due, queue, dueAtMs)
}

/** Its head's value has to be loaded first. */
export function want({ wanted }: Table, queue: KeyQueue): void {
  queue.isWanted = true
  wanted.add(queue)
}
