import type { StoredRecord } from '#shared/event/record.ts'
import { type Delivery, isLoaded, sizeOf } from './deliveries.ts'
import { place } from './heads.ts'
import { emit, isWorking, type Pair } from './states.ts'

/**
 * Values of parked deliveries, within a byte budget: the retry partition has them, so any may be left there and read again.
 * Half of the budget is for those that merely wait, the other half for heads that are due. What merely waits is kept in
 * order: the value of a delivery only where that of the one before it is there, so that what is in memory is what is
 * attempted next.
 *
 * A due head without its value is wanted: the retry half is read again from the lowest wanted park, only to load values.
 * Each such reading costs fetches, so it begins when as many heads are wanted as others have their values, and while it
 * lasts it takes along what waits behind; it goes back to the top when nothing more is wanted or fits, or little is found.
 */

/** How long a wanted head waits at most for others before the reading begins, ms. */
const gatherMs = 100
/** Records that brought nothing, one after the other, after which only a wanted head keeps the reading going. */
const mostFruitless = 500

/** It waits in the retry partition from now on: its value stays if there is room. */
export function keepOrLeave(pair: Pair, delivery: Delivery): void {
  if (!delivery.isCharged) return
  if (pair.table.count.retryBytes <= pair.policy.waiting.valueBytes / 2 && isNext(delivery)) return
  giveBackRoom(pair, delivery)
  delivery.record = null
}

/** It does not wait any more. */
export function giveBackRoom({ table }: Pair, delivery: Delivery): void {
  if (delivery.isCharged) table.count.retryBytes -= delivery.bytes
  delivery.isCharged = false
}

/** Its park was read, for the first time or again: takes the value if it is wanted, or if there is room. */
export function offerValue(pair: Pair, delivery: Delivery, event: () => StoredRecord): void {
  if (isLoaded(delivery) || delivery.state === 'ended') return
  const { queue } = delivery
  const isWanted = queue.isWanted && queue.head === delivery
  if (isWanted ? !hasRoom(pair) : !hasSpareRoom(pair) || !isNext(delivery)) return
  loadValue(pair, delivery, event())
  pair.table.retry.fruitless = 0
  if (isWanted) place(pair, queue)
}

export function loadValue({ table }: Pair, delivery: Delivery, record: StoredRecord): void {
  delivery.record = record
  delivery.bytes = sizeOf(record)
  delivery.isCharged = true
  table.count.retryBytes += delivery.bytes
}

/** Starts or ends reading again. */
export function readAgain(pair: Pair): void {
  const { table, nowMs } = pair
  const { wanted, retry } = table
  const isReadingAgain = retry.position < retry.top
  table.wantedSinceMs = wanted.size === 0 ? null : (table.wantedSinceMs ?? nowMs)
  if (!isReadingAgain && wanted.size === 0) return
  if (!isWorking(pair)) return
  const isUseful = isReadingAgain ? isWorthGoingOn(pair) : isWorthBeginning(pair)
  if (isReadingAgain === isUseful) return
  const from = isUseful ? lowestWanted(pair) : retry.top
  if (from === retry.position) return
  retry.position = from
  retry.fruitless = 0
  emit(pair, { kind: 'seek', of: 'retry', offset: from })
}

function isWorthBeginning(pair: Pair): boolean {
  const { wanted, wantedSinceMs, ready, count } = pair.table
  if (wanted.size === 0 || !hasRoom(pair)) return false
  return wanted.size >= ready.retry.count + count.attemptingRetry || pair.nowMs - (wantedSinceMs ?? 0) >= gatherMs
}

function isWorthGoingOn(pair: Pair): boolean {
  const { wanted, retry } = pair.table
  if (wanted.size > 0 && hasRoom(pair)) return true
  return hasSpareRoom(pair) && retry.fruitless < mostFruitless
}

/** A park that is still ahead is handed over without a seek. */
function lowestWanted({ table }: Pair): number {
  let lowest = table.retry.top
  for (const { head } of table.wanted) lowest = Math.min(lowest, head?.open[0] ?? lowest)
  return lowest
}

/** Whether all before it in its queue have their values. */
const isNext = ({ previous }: Delivery): boolean => previous === null || isLoaded(previous)

const hasSpareRoom = ({ table, policy }: Pair): boolean => table.count.retryBytes < policy.waiting.valueBytes / 2

/** Whether one more wanted value may be loaded; one always may, or nothing that is parked would ever be attempted. */
function hasRoom({ table, policy }: Pair): boolean {
  if (table.count.retryBytes < policy.waiting.valueBytes) return true
  return table.ready.retry.count === 0 && table.count.attemptingRetry === 0
}
