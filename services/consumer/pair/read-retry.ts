import type { StoredRecord } from '#shared/event/record.ts'
import type { Source } from '#shared/event/source.ts'
import { isRestored } from './ack-window.ts'
import { isAside } from './aside.ts'
import { inheritClock, monotonicMs } from './clocks.ts'
import { closeAll, closeTrimmed } from './closings.ts'
import { addDelivery, type Delivery, findDelivery, newDelivery } from './deliveries.ts'
import { endedEarly, noteEarlyEnd } from './early-ends.ts'
import { endAgain } from './endings.ts'
import { passFence, readFence } from './fences.ts'
import { place } from './heads.ts'
import { insert, orderingKey, queueOf } from './key-queues.ts'
import { parkFollowers } from './parks.ts'
import { recall } from './recall.ts'
import { type Park, parkedEvent, readRetryRecord } from './retry-record.ts'
import { nextPointMs } from './schedule.ts'
import { emit, isWorking, type Pair } from './states.ts'
import { finishOffset } from './stream-offsets.ts'
import { offerValue } from './values.ts'

/** Takes in what one fetch of the retry half brought. */
export function readRetry(pair: Pair, fetchedFrom: number, records: readonly StoredRecord[]): void {
  const { retry } = pair.table
  if (fetchedFrom > retry.position && !pair.dropped.ignoreOlderEpochs) {
    // fetched before the last seek, or trimming moved the position: to go on here would miss what waits between
    emit(pair, { kind: 'seek', of: 'retry', offset: retry.position })
    emit(pair, { kind: 'check-log-start', of: 'retry' })
    return
  }
  for (const record of records) {
    if (record.offset < retry.position) continue
    if (record.offset > retry.position) closeTrimmed(pair, retry.position, record.offset)
    retry.position = record.offset + 1
    if (record.offset < retry.top) readAgain(pair, record)
    else readFirst(pair, record)
    // a fence may have ended the epoch
    if (pair.table.retry !== retry) return
  }
}

/** The retry log begins at `offset`: parks below it were closed by somebody, or they would not have been trimmed. */
export function meetRetryStart(pair: Pair, offset: number): void {
  const { retry } = pair.table
  closeTrimmed(pair, 0, offset)
  if (offset <= retry.position) return
  retry.position = offset
  retry.top = Math.max(retry.top, offset)
  pair.table.dirty = true
  emit(pair, { kind: 'seek', of: 'retry', offset })
  passFence(pair)
}

function readFirst(pair: Pair, record: StoredRecord): void {
  const { table } = pair
  table.retry.top = record.offset + 1
  table.ahead.delete(record.offset)
  table.dirty = true
  const read = readRetryRecord(record)
  switch (read.kind) {
    case 'park':
      readPark(pair, record, read)
      break
    case 'done':
      closeAll(pair, findDelivery(table.deliveries, read.source.offset, read.source.timestampMs), record.offset)
      noteEarlyEnd(pair, read, record.offset)
      break
    case 'fence':
      readFence(pair, read.owner)
      return
    case 'unreadable':
      emit(pair, { kind: 'report-unreadable', offset: record.offset, detail: read.detail })
      break
    default:
      read satisfies never
  }
  passFence(pair)
}

/** Reading again creates and closes nothing: what it meets may have ended since. It only loads values. */
function readAgain(pair: Pair, record: StoredRecord): void {
  pair.table.retry.fruitless += 1
  const delivery = pair.table.open.get(record.offset)
  const read = delivery === undefined ? null : readRetryRecord(record)
  if (delivery === undefined || read?.kind !== 'park') return
  offerValue(pair, delivery, () => parkedEvent(record, read.source))
}

function readPark(pair: Pair, record: StoredRecord, park: Park): void {
  const { table, token } = pair
  const { source, owner } = park
  if (pair.dropped.keepForeign && isWorking(pair) && owner !== token) return
  const known = findDelivery(table.deliveries, source.offset, source.timestampMs)
  if (known !== null) attach(pair, known, { record, park })
  else if (recall(pair, 'retry', source.offset, () => parkedEvent(record, source)) || isTerminalHere(pair, source))
    close(pair, record, source)
  else enqueue(pair, record, park)
}

/** Known from the stream half or from an earlier park: the retry half holds it now, so its stream offset is free. */
function attach(pair: Pair, delivery: Delivery, { record, park }: { record: StoredRecord; park: Park }): void {
  const { queue, state } = delivery
  if (park.owner === pair.token) delivery.isParkAhead = false
  openPark(pair, delivery, record.offset)
  if (state === 'ended') return
  finishOffset(pair, delivery)
  delivery.firstAttemptAtMs ??= park.firstAttemptAtMs
  if (delivery.clock === null) takeClock(pair, delivery, { record, park })
  if (state === 'queued') delivery.state = 'parked'
  if (state === 'queued' && queue.head === delivery) place(pair, queue)
  offerValue(pair, delivery, () => parkedEvent(record, park.source))
  parkFollowers(pair, queue.head === delivery ? delivery.next : delivery)
}

/** Written late by a former owner, after the event had ended here; or the done record of that owner never came. */
function close(pair: Pair, record: StoredRecord, source: Source): void {
  pair.suppressed += 1
  const delivery = newDelivery(source, queueOf(pair.table.queues, null))
  addDelivery(pair.table.deliveries, delivery)
  openPark(pair, delivery, record.offset)
  endAgain(pair, delivery, record)
}

function enqueue(pair: Pair, record: StoredRecord, park: Park): void {
  const { table } = pair
  const key = isAside(pair, park) ? null : orderingKey(table.queuing.ordering, record.key)
  const queue = queueOf(table.queues, key)
  const delivery = newDelivery(park.source, queue)
  delivery.state = 'parked'
  delivery.attempts = park.attempts
  delivery.firstAttemptAtMs = park.firstAttemptAtMs
  addDelivery(table.deliveries, delivery)
  insert(queue, delivery)
  table.count.waiting += 1
  openPark(pair, delivery, record.offset)
  const event = () => parkedEvent(record, park.source)
  takeClock(pair, delivery, { record, park })
  delivery.dueAtMs = firstDueMs(pair, delivery, event)
  offerValue(pair, delivery, event)
  if (queue.head === delivery) place(pair, queue)
  parkFollowers(pair, delivery.next)
}

/**
 * What failed itself is tried at the next point of its schedule after an owner was last there: at once, if that passed while
 * nobody was. What only waited behind a head is tried as soon as it is one.
 */
function firstDueMs({ policy, nowMs, table }: Pair, { clock }: Delivery, event: () => StoredRecord): number {
  if (clock === null || clock.heldBy !== null) return 0
  const ageMs = Math.max(0, Math.min(nowMs, table.ownedUntilMs) - clock.sinceMs)
  return clock.sinceMs + nextPointMs(policy.retry, policy.eventIdOf(event()), ageMs)
}

function takeClock(pair: Pair, delivery: Delivery, { record, park }: { record: StoredRecord; park: Park }): void {
  const { clockAtMs } = park
  if (clockAtMs !== null) inheritClock(delivery, monotonicMs(pair, clockAtMs))
  else delivery.clock = { sinceMs: monotonicMs(pair, record.timestampMs), heldBy: null }
}

function openPark({ table }: Pair, delivery: Delivery, offset: number): void {
  delivery.open = [...delivery.open, offset]
  table.open.set(offset, delivery)
}

/**
 * Whether it passed through our hands and ended: early, or the stream half handed it over in this epoch, and it is not in
 * the table any more. What an earlier owner finished does not count, nor an event of a former topic of this name.
 */
function isTerminalHere({ table }: Pair, { offset, timestampMs }: Source): boolean {
  const { window, handed } = table
  if (endedEarly(table, { offset, timestampMs })) return true
  if (offset < handed.from || offset >= window.next || isRestored(window, offset)) return false
  return timestampMs >= handed.firstMs && timestampMs <= handed.lastMs
}
