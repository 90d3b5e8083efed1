import { type Delivery, findDelivery, hasPark } from './deliveries.ts'
import type { AppendRef } from './effects.ts'
import { end, endUnparked } from './endings.ts'
import { learnFence } from './fences.ts'
import { place } from './heads.ts'
import { ensure } from './invariants.ts'
import type { Pair } from './states.ts'
import { finishOffset } from './stream-offsets.ts'
import { keepOrLeave } from './values.ts'

/** What was appended exists on all in-sync replicas, at `offset`: only now does it count. */
export function appended(pair: Pair, ref: AppendRef, offset: number): void {
  if (ref.kind === 'fence') {
    learnFence(pair, offset)
    return
  }
  pair.table.count.appending -= 1
  // a done record counts when it is read, in its place among the others
  if (ref.kind === 'done') return
  const delivery = findDelivery(pair.table.deliveries, ref.offset, ref.timestampMs)
  const expected = ref.kind === 'park' ? 'parking' : 'burying'
  ensure(pair, delivery?.state === expected, ['I-f', `${ref.kind} of ${ref.offset} acknowledged: ${delivery?.state}`])
  if (delivery === null || delivery.state === 'ended') return
  if (ref.kind === 'park') parked(pair, delivery, offset)
  else end(pair, delivery, 'dead-lettered')
}

/** The broker will never take the park: the last resort is a dead letter. */
export function refused(pair: Pair, ref: AppendRef, detail: string): void {
  if (ref.kind !== 'park') throw new Error(`the broker refused a record that it must take: ${ref.kind}, ${detail}`)
  pair.table.count.appending -= 1
  const delivery = findDelivery(pair.table.deliveries, ref.offset, ref.timestampMs)
  if (delivery?.state !== 'parking') return
  delivery.isParkAhead = false
  delivery.state = delivery.open.length > 0 ? 'parked' : 'queued'
  delivery.burial = { cause: 'too-large', code: 'too-large', detail }
  place(pair, delivery.queue)
}

function parked(pair: Pair, delivery: Delivery, offset: number): void {
  const { retry, ahead } = pair.table
  if (delivery.state === 'parking') delivery.state = 'parked'
  // passed over without being read: another owner had closed it, and it was trimmed
  if (delivery.isParkAhead && offset < retry.top) delivery.isParkAhead = false
  if (delivery.isParkAhead) ahead.set(offset, delivery)
  if (!hasPark(delivery)) {
    endUnparked(pair, delivery)
    return
  }
  finishOffset(pair, delivery)
  keepOrLeave(pair, delivery)
  if (delivery.queue.head === delivery) place(pair, delivery.queue)
}
