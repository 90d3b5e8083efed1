import { type Delivery, hasPark, noParks, removeDelivery } from './deliveries.ts'
import { endUnparked } from './endings.ts'
import { ensure } from './invariants.ts'
import type { Pair } from './states.ts'

/** A done record stands at `doneAt`: every earlier park of its delivery is closed, whoever wrote either. */
export function closeAll(pair: Pair, delivery: Delivery | null, doneAt: number): void {
  // one without an open park is not touched: the record is about parks from before an operator moved the position
  if (delivery === null || delivery.open.length === 0) return
  for (const offset of delivery.open) {
    ensure(pair, offset < doneAt, ['I-b', `the park at ${offset} is closed by a record at ${doneAt}`])
    pair.table.open.delete(offset)
  }
  delivery.open = noParks
  withoutParks(pair, delivery)
}

/** Records in [from, to) do not exist any more: somebody committed past them, so their parks were closed. */
export function closeTrimmed(pair: Pair, from: number, to: number): void {
  closeAhead(pair, to)
  for (const [offset, delivery] of pair.table.open) {
    if (offset >= to) return
    if (offset < from) continue
    pair.table.open.delete(offset)
    delivery.open = delivery.open.filter((other) => other !== offset)
    if (delivery.open.length === 0) withoutParks(pair, delivery)
  }
}

/** Own parks below `to` will not be read back any more. */
function closeAhead(pair: Pair, to: number): void {
  for (const [offset, delivery] of pair.table.ahead) {
    if (offset >= to) continue
    pair.table.ahead.delete(offset)
    delivery.isParkAhead = false
    withoutParks(pair, delivery)
  }
}

/** All its parks are closed, and none is on its way: it is terminal, whatever is still going on with it here. */
function withoutParks(pair: Pair, delivery: Delivery): void {
  pair.table.dirty = true
  if (hasPark(delivery)) return
  switch (delivery.state) {
    case 'parked':
      endUnparked(pair, delivery)
      return
    case 'ended':
      removeDelivery(pair.table.deliveries, delivery)
      return
    case 'attempting':
    case 'parking':
    case 'burying':
      delivery.isEndedElsewhere = true
      return
    case 'queued':
      return
    default:
      delivery.state satisfies never
  }
}
