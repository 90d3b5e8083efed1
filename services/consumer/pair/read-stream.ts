import type { StoredRecord } from '#shared/event/record.ts'
import { gapsIn, isRestored, passTo } from './ack-window.ts'
import { bury } from './burials.ts'
import { addDelivery, type Delivery, findDelivery, hasPark, isLoaded, newDelivery, sizeOf } from './deliveries.ts'
import { forgetEarlyEnds, takeEarlyEnd } from './early-ends.ts'
import { place } from './heads.ts'
import { ensure } from './invariants.ts'
import { insert, orderingKey, queueOf } from './key-queues.ts'
import { parkArrival } from './parks.ts'
import { recall } from './recall.ts'
import { emit, type Pair, type Verdict } from './states.ts'
import { holdOffset } from './stream-offsets.ts'
import { offerValue } from './values.ts'

/** Takes in what one fetch of the stream half brought. */
export function readStream(pair: Pair, fetchedFrom: number, records: readonly StoredRecord[]): void {
  const { window } = pair.table
  if (fetchedFrom > window.next && !pair.dropped.ignoreOlderEpochs) {
    // fetched before the last seek, or retention moved the position: to go on here would skip what lies between
    emit(pair, { kind: 'seek', of: 'stream', offset: window.next })
    emit(pair, { kind: 'check-log-start', of: 'stream' })
    return
  }
  for (const record of records) if (record.offset >= window.next) readOne(pair, record)
}

/** The log begins later than what is to be read next: the events between are gone, which is said, never skipped over. */
export function meetStreamStart(pair: Pair, offset: number): void {
  const { window } = pair.table
  if (offset <= window.next) return
  for (const gap of gapsIn(window.restored, { from: window.next, to: offset }))
    emit(pair, { kind: 'report-expired', ...gap })
  pass(pair, offset)
  emit(pair, { kind: 'seek', of: 'stream', offset })
}

function readOne(pair: Pair, record: StoredRecord): void {
  const { table } = pair
  const { offset, timestampMs } = record
  if (offset > table.window.next) pass(pair, offset)
  passTo(table.window, offset + 1)
  table.dirty = true
  noteTime(pair, timestampMs)
  const isOver = takeEarlyEnd(table, record)
  if (isRestored(table.window, offset)) {
    pair.suppressed += 1
    recall(pair, 'stream', offset, () => record)
    return
  }
  const known = findDelivery(table.deliveries, offset, timestampMs)
  if (isOver) pair.suppressed += 1
  else if (known !== null) adopt(pair, known, record)
  else deliver(pair, record, pair.policy.judge(record))
}

/** The retry half brought this delivery before: it holds it, so the stream offset is finished without a second park. */
function adopt(pair: Pair, known: Delivery, record: StoredRecord): void {
  ensure(pair, known.state === 'ended' || known.isEndedElsewhere || hasPark(known), [
    'I-g',
    `${known.offset} is read twice`,
  ])
  pair.suppressed += 1
  offerValue(pair, known, () => record)
  if (known.state === 'parked') emit(pair, { kind: 'adopted', delivery: known, record })
}

function deliver(pair: Pair, record: StoredRecord, verdict: Verdict): void {
  if (verdict === 'filtered') return
  const { table } = pair
  const isDeliverable = verdict === 'deliver'
  const key = isDeliverable ? orderingKey(table.queuing.ordering, record.key) : null
  const delivery = newDelivery(record, queueOf(table.queues, key))
  delivery.record = record
  delivery.bytes = sizeOf(record)
  addDelivery(table.deliveries, delivery)
  insert(delivery.queue, delivery)
  table.count.waiting += 1
  holdOffset(pair, delivery)
  if (!isDeliverable) buryUnread(pair, delivery, verdict)
  else if (delivery.queue.head === delivery) place(pair, delivery.queue)
  else parkArrival(pair, delivery)
}

/** Nobody could do anything with it: it goes to the dead letters without holding up its key. */
function buryUnread(pair: Pair, delivery: Delivery, cause: 'malformed-record' | 'too-large'): void {
  const detail = cause === 'too-large' ? 'the record is larger than an event may be' : 'the record is not an event'
  if (isLoaded(delivery)) bury(pair, delivery, { cause, code: cause, detail })
}

/** Offsets below `next` that were not handed over do not exist: they count as finished, but nobody saw their events end. */
function pass({ table }: Pair, next: number): void {
  passTo(table.window, next)
  forgetEarlyEnds(table, next)
  table.handed.from = next
  table.dirty = true
}

function noteTime({ table }: Pair, timestampMs: number): void {
  const { handed } = table
  if (timestampMs < handed.firstMs) handed.firstMs = timestampMs
  if (timestampMs > handed.lastMs) handed.lastMs = timestampMs
}
