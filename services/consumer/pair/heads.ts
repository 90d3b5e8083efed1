import { bury, buryForBacklog } from './burials.ts'
import { type Delivery, isLoaded } from './deliveries.ts'
import type { KeyQueue } from './key-queues.ts'
import { leavePlace, makeReady, waitUntilDue, want } from './places.ts'
import type { Pair } from './states.ts'

/** Puts a queue where the state of its head says it belongs; called after everything that may have changed the head. */
export function place(pair: Pair, queue: KeyQueue): void {
  const { table } = pair
  leavePlace(table, queue)
  const { head } = queue
  if (head === null) forget(pair, queue)
  else if (queue.busy === null && (head.state === 'queued' || head.state === 'parked')) placeWaiting(pair, head)
}

function placeWaiting(pair: Pair, head: Delivery): void {
  const { table, nowMs } = pair
  const { queue } = head
  const isParked = head.state === 'parked'
  if (isParked && isBacklogged(pair, head)) buryForBacklog(pair, head)
  if (head.burial === null && isParked && head.dueAtMs > nowMs) waitUntilDue(table, queue, head.dueAtMs)
  else if (!isLoaded(head)) want(table, queue)
  else if (head.burial === null) makeReady(table, queue, isParked ? 'retry' : 'stream')
  else bury(pair, head, head.burial)
}

/** Only a head that was tried makes way; and while the pair holds, a long queue is the target's doing, not the head's. */
function isBacklogged({ phase, policy, table }: Pair, { attempts, queue }: Delivery): boolean {
  if (table.queuing.whileBlocked === 'skip') return false
  return phase === 'running' && attempts > 0 && queue.length > policy.waiting.perKey
}

function forget({ table }: Pair, { key }: KeyQueue): void {
  if (key !== null) table.queues.delete(key)
}
