import { finish, start } from './ack-window.ts'
import { type Delivery, hasPark } from './deliveries.ts'
import { ensure } from './invariants.ts'
import type { Pair } from './states.ts'

/** The delivery takes up its offset: committed past only after `finishOffset`. */
export function holdOffset({ table }: Pair, delivery: Delivery): void {
  delivery.inStream = true
  start(table.window, delivery.offset)
  table.count.inbox += 1
  table.count.inboxBytes += delivery.bytes
}

/** Lets go of the stream offset: the event is terminal, or the retry partition holds it now. */
export function finishOffset(pair: Pair, delivery: Delivery): void {
  if (!delivery.inStream) return
  const { state } = delivery
  ensure(pair, state === 'ended' || (state !== 'parking' && hasPark(delivery)) || delivery.open.length > 0, [
    'I-a',
    `offset ${delivery.offset} is finished while ${state}`,
  ])
  const { table } = pair
  delivery.inStream = false
  finish(table.window, delivery.offset)
  table.count.inbox -= 1
  table.count.inboxBytes -= delivery.bytes
  table.dirty = true
  if (state === 'ended' || delivery.record === null) return
  delivery.isCharged = true
  table.count.retryBytes += delivery.bytes
}
