import type { StoredRecord } from '#shared/event/record.ts'
import { type Delivery, hasPark, removeDelivery, sourceOf } from './deliveries.ts'
import { place } from './heads.ts'
import { remove } from './key-queues.ts'
import { parkFollowers } from './parks.ts'
import { doneRecord, type Ending } from './retry-record.ts'
import { emit, type Pair } from './states.ts'
import { finishOffset } from './stream-offsets.ts'
import { giveBackRoom } from './values.ts'

/** A delivery became terminal here. Its parks stay open until the done record behind them is read back. */
export function end(pair: Pair, delivery: Delivery, ending: Ending): void {
  if (!hasPark(delivery)) {
    endUnparked(pair, delivery)
    return
  }
  appendDone(pair, delivery, { key: delivery.record?.key ?? null, ending })
  leaveQueue(pair, delivery)
}

/** It is terminal, here or by the records of another owner, and nothing of it is open in the retry partition. */
export function endUnparked(pair: Pair, delivery: Delivery): void {
  leaveQueue(pair, delivery)
  removeDelivery(pair.table.deliveries, delivery)
}

/** A park of something that is terminal here, written late by a former owner: closed at once. */
export function endAgain(pair: Pair, delivery: Delivery, { key }: StoredRecord): void {
  delivery.state = 'ended'
  appendDone(pair, delivery, { key, ending: 'delivered' })
}

function appendDone(pair: Pair, delivery: Delivery, { key, ending }: { key: Buffer | null; ending: Ending }): void {
  const { token, topic, partition } = pair
  pair.table.count.appending += 1
  const place = sourceOf(delivery)
  const record = doneRecord({ key, source: { topic, partition, ...place }, owner: token, ending })
  emit(pair, { kind: 'append', token, ref: { kind: 'done', ...place }, record })
}

function leaveQueue(pair: Pair, delivery: Delivery): void {
  const { queue, next } = delivery
  if (queue.busy === delivery) queue.busy = null
  remove(queue, delivery)
  delivery.state = 'ended'
  pair.table.count.waiting -= 1
  finishOffset(pair, delivery)
  giveBackRoom(pair, delivery)
  // what follows it may have a parked head before it now
  parkFollowers(pair, queue.head === next ? (next?.next ?? null) : next)
  place(pair, queue)
}
