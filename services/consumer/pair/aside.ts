import type { Delivery } from './deliveries.ts'
import { place } from './heads.ts'
import { insert, queueOf, remove } from './key-queues.ts'
import type { Park } from './retry-record.ts'
import type { Pair } from './states.ts'

/*
 * `whileBlocked: skip`: an event that failed gets a queue of its own, and its key goes on without it. Only what failed
 * itself steps aside, so events of a key are still begun one after the other and in order; and nothing is parked merely
 * because it stands behind something. Parks that were written while the subscription waited stay in their queues, in order.
 */

export const isSkipping = ({ table }: Pair): boolean => table.queuing.whileBlocked === 'skip'

/** Takes a delivery that failed out of the queue of its key, whose next event may be attempted then. */
export function stepAside(pair: Pair, delivery: Delivery): void {
  const { queue } = delivery
  if (!isSkipping(pair) || queue.key === null) return
  remove(queue, delivery)
  delivery.queue = queueOf(pair.table.queues, null)
  insert(delivery.queue, delivery)
  place(pair, queue)
}

/** Whether the delivery of a park that was read has stepped aside: it failed itself, or it would carry the clock of a head. */
export function isAside(pair: Pair, { clockAtMs }: Park): boolean {
  return isSkipping(pair) && clockAtMs === null
}
