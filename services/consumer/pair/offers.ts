import { isLoaded } from './deliveries.ts'
import { takeDue } from './due-times.ts'
import type { Half } from './effects.ts'
import { place } from './heads.ts'
import { ensure } from './invariants.ts'
import type { KeyQueue } from './key-queues.ts'
import { leavePlace } from './places.ts'
import { emit, type Pair } from './states.ts'

/** Starts up to `slots` attempts, at most `ofRetry` of them from the retry half; the queue that waited longest first. */
export function offer(pair: Pair, slots: number, ofRetry: number): void {
  const { stream, retry } = pair.table.ready
  let free = slots
  for (let share = Math.min(ofRetry, slots); share > 0 && retry.first !== null; share -= 1, free -= 1) {
    attempt(pair, retry.first, 'retry')
  }
  for (; free > 0 && stream.first !== null; free -= 1) attempt(pair, stream.first, 'stream')
}

/**
 * One attempt although the pair holds. Halves and keys take turns, so that an event which breaks every probe cannot keep
 * the hold alone while others are there. A parked head whose time has not come will do when no other is.
 */
export function probe(pair: Pair): void {
  const { table } = pair
  const { stream, retry } = table.ready
  if (stream.first === null && retry.first === null) releaseNext(pair)
  table.probedRetry = retry.first !== null && (stream.first === null || !table.probedRetry)
  offer(pair, 1, table.probedRetry ? 1 : 0)
}

/** Heads whose time has come. */
export function releaseDue(pair: Pair): void {
  const { due } = pair.table
  for (let queue = takeDue(due, pair.nowMs); queue !== null; queue = takeDue(due, pair.nowMs)) place(pair, queue)
}

/**
 * After a hold all waiting heads are due: what failed while the target went down must not sit out its schedule while the
 * rest drains. The ramp keeps them from coming at once.
 */
export function releaseAll(pair: Pair): void {
  while (releaseNext(pair));
}

/** The head of the queue in which a delivery waits is due, if it waits for its time; later points stay as they are. */
export function releaseOne(pair: Pair, offset: number): void {
  const queue = pair.table.deliveries.get(offset)?.queue
  const head = queue?.head ?? null
  if (queue === undefined || head === null || queue.dueAtMs === null) return
  head.dueAtMs = 0
  place(pair, queue)
}

function releaseNext(pair: Pair): boolean {
  const queue = takeDue(pair.table.due, Number.POSITIVE_INFINITY)
  if (queue === null) return false
  if (queue.head !== null) queue.head.dueAtMs = 0
  place(pair, queue)
  return true
}

function attempt(pair: Pair, queue: KeyQueue, of: Half): void {
  const { table, token } = pair
  const { head, busy } = queue
  leavePlace(table, queue)
  ensure(pair, busy === null && (head?.state === 'queued' || head?.state === 'parked'), [
    'I-d',
    `${head?.offset} is attempted while ${head?.state}`,
  ])
  if (head === null || !isLoaded(head)) return
  head.state = 'attempting'
  queue.busy = head
  table.count.attempting += 1
  if (of === 'retry') table.count.attemptingRetry += 1
  head.attemptedOf = of
  emit(pair, { kind: 'attempt', token, of, delivery: head })
}
