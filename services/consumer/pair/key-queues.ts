import type { Ordering } from '#shared/catalog/model.ts'
import type { Delivery } from './deliveries.ts'
import type { ReadyLine } from './ready-line.ts'

/**
 * One queue per key, fed by the stream and by the retry partition, sorted by stream offset. Only its head is attempted.
 * Parking an event makes it durable and frees its stream offset; it does not take it out of its queue, so a key has no
 * "blocked" flag and nothing is handed over between two queues.
 *
 * A queue stands in exactly one place, which the state of its head decides: in a ready line, among the due times, among
 * those whose head's value has to be loaded, or nowhere while something of it is under way.
 */
export type KeyQueue = {
  /** null: a queue for one event. */
  readonly key: string | null
  head: Delivery | null
  tail: Delivery | null
  length: number
  /** The delivery that is attempted or buried. */
  busy: Delivery | null
  /** Deliveries that succeeded: each makes the inherited clocks of the others void. */
  successes: number
  line: ReadyLine | null
  previousReady: KeyQueue | null
  nextReady: KeyQueue | null
  dueAtMs: number | null
  isWanted: boolean
}

export type KeyQueues = Map<string, KeyQueue>

/** What order is kept by; null: by nothing. */
export function orderingKey(ordering: Ordering, key: Buffer | null): string | null {
  switch (ordering) {
    case 'key':
      return key === null ? null : key.toString('latin1')
    case 'partition':
      return ''
    case 'none':
      return null
    default:
      return ordering satisfies never
  }
}

/** The queue of `key`, made when it has none. */
export function queueOf(queues: KeyQueues, key: string | null): KeyQueue {
  if (key === null) return newQueue(null)
  const known = queues.get(key)
  if (known !== undefined) return known
  const queue = newQueue(key)
  queues.set(key, queue)
  return queue
}

/** Puts a delivery at its place by stream offset: nearly always the end. */
export function insert(queue: KeyQueue, delivery: Delivery): void {
  let before = queue.tail
  while (before !== null && isLater(before, delivery)) before = before.previous
  const after = before === null ? queue.head : before.next
  delivery.previous = before
  delivery.next = after
  if (before === null) queue.head = delivery
  else before.next = delivery
  if (after === null) queue.tail = delivery
  else after.previous = delivery
  queue.length += 1
}

export function remove(queue: KeyQueue, delivery: Delivery): void {
  const { previous, next } = delivery
  if (previous === null) queue.head = next
  else previous.next = next
  if (next === null) queue.tail = previous
  else next.previous = previous
  delivery.previous = null
  delivery.next = null
  queue.length -= 1
}

function isLater(a: Delivery, b: Delivery): boolean {
  return a.offset > b.offset || (a.offset === b.offset && a.timestampMs > b.timestampMs)
}

function newQueue(key: string | null): KeyQueue {
  return {
    key,
    head: null,
    tail: null,
    length: 0,
    busy: null,
    successes: 0,
    line: null,
    previousReady: null,
    nextReady: null,
    dueAtMs: null,
    isWanted: false,
  }
}
