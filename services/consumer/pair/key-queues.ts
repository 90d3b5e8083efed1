import type { StoredRecord } from '#shared/event/record.ts'

/**
 * One queue per key; only its head is ever attempted. A queue is in exactly one place, which its head's state names:
 *
 *   queued      in the ready line, first come first served
 *   attempting  nowhere: the answer decides
 *   appending   nowhere: its dead letter waits for the acknowledgement
 *   waiting     in the heap of due times
 *
 * Events behind the head are always `queued`. Ready line and queues are linked lists, the heap an array: nothing here
 * costs more than O(log n), and an event without a key costs no map entry.
 */
export type DeliveryState = 'queued' | 'attempting' | 'appending' | 'waiting'

/** One event for this subscription, not finished yet. Its identity is the offset. */
export type Delivery = {
  readonly offset: number
  readonly record: StoredRecord
  readonly queue: KeyQueue
  state: DeliveryState
  next: Delivery | null
  attempts: number
  /** Wall clock, for headers and dead letters; null before the first attempt. */
  firstAttemptAtMs: number | null
  lastAttemptAtMs: number | null
  /** The give-up clock, ms: when it failed first, or the head it waited behind. */
  clockMs: number | null
  /** When the target last asked to wait because of this event, ms. */
  askedToWaitAtMs: number | null
  dueAtMs: number
}

export type KeyQueue = {
  /** null: a queue for one event. */
  readonly key: string | null
  head: Delivery | null
  tail: Delivery | null
  /** Events that waited behind a head carry its clock, so that a key whose events all fail ends once, not once per event. */
  inheritedClockMs: number | null
  nextReady: KeyQueue | null
}

export type KeyQueues = {
  readonly byKey: Map<string, KeyQueue>
  readyFirst: KeyQueue | null
  readyLast: KeyQueue | null
  readyCount: number
  readonly waiting: KeyQueue[]
}

export function openQueues(): KeyQueues {
  return { byKey: new Map(), readyFirst: null, readyLast: null, readyCount: 0, waiting: [] }
}

/** Puts a record behind the others of its key; offsets of one key come in ascending order. */
export function enqueue(queues: KeyQueues, key: string | null, record: StoredRecord): Delivery {
  const queue = queueOf(queues, key)
  const delivery = newDelivery(record, queue)
  if (queue.tail === null) {
    queue.head = delivery
    pushReady(queues, queue)
  } else queue.tail.next = delivery
  queue.tail = delivery
  return delivery
}

/** Takes the finished head out; the next one becomes ready. */
export function dropHead(queues: KeyQueues, queue: KeyQueue): void {
  queue.head = queue.head?.next ?? null
  if (queue.head !== null) {
    pushReady(queues, queue)
    return
  }
  queue.tail = null
  if (queue.key !== null) queues.byKey.delete(queue.key)
}

/** The queue that waited longest for an attempt, taken out of the ready line. */
export function takeReady(queues: KeyQueues): KeyQueue | null {
  const queue = queues.readyFirst
  if (queue === null) return null
  queues.readyFirst = queue.nextReady
  if (queues.readyFirst === null) queues.readyLast = null
  queue.nextReady = null
  queues.readyCount -= 1
  return queue
}

/** Its head may be attempted (again); it goes to the end of the line, so probes rotate over the keys. */
export function pushReady(queues: KeyQueues, queue: KeyQueue): void {
  if (queues.readyLast === null) queues.readyFirst = queue
  else queues.readyLast.nextReady = queue
  queues.readyLast = queue
  queues.readyCount += 1
}

/** A queue and delivery of its own for a record that never enters a line: it goes straight to the dead letters. */
export function aside(record: StoredRecord): Delivery {
  return newDelivery(record, newQueue(null))
}

function queueOf(queues: KeyQueues, key: string | null): KeyQueue {
  if (key === null) return newQueue(null)
  const known = queues.byKey.get(key)
  if (known !== undefined) return known
  const queue = newQueue(key)
  queues.byKey.set(key, queue)
  return queue
}

function newQueue(key: string | null): KeyQueue {
  return { key, head: null, tail: null, inheritedClockMs: null, nextReady: null }
}

function newDelivery(record: StoredRecord, queue: KeyQueue): Delivery {
  return {
    offset: record.offset,
    record,
    queue,
    state: 'queued',
    next: null,
    attempts: 0,
    firstAttemptAtMs: null,
    lastAttemptAtMs: null,
    clockMs: null,
    askedToWaitAtMs: null,
    dueAtMs: 0,
  }
}
