import type { StoredRecord } from '#shared/event/record.ts'
import type { Half, LoadedDelivery } from './effects.ts'
import type { KeyQueue } from './key-queues.ts'

/**
 * queued      waits in its queue; its only record is the one in the stream
 * attempting  a request is under way
 * parking     its park is on the way to the retry partition
 * parked      waits in its queue; a park of it is acknowledged or was read
 * burying     its dead letter is on the way
 * ended       terminal and out of its queue; stays until its parks are closed, so that copies of them are recognized
 *
 *   queued → attempting → ended | burying → ended | parking → parked → attempting …
 */
export type DeliveryState = 'queued' | 'attempting' | 'parking' | 'parked' | 'burying' | 'ended'

/** One event for this subscription that is not terminal here. Its identity is its source. */
export type Delivery = {
  readonly offset: number
  /** Broker time of the event in the stream. */
  readonly timestampMs: number
  /** That of its key; one of its own once it stepped aside. */
  queue: KeyQueue
  state: DeliveryState
  /** The event; null when its value was left in the retry partition to save memory. */
  record: StoredRecord | null
  /** What the event takes in memory, loaded or not. */
  bytes: number
  /** Its stream offset is not finished. */
  inStream: boolean
  /** Its bytes count against the budget for values of the retry partition. */
  isCharged: boolean
  /** Its open parks, as far as they were read. */
  open: readonly number[]
  /** A park of this owner was sent and not read back yet. */
  isParkAhead: boolean
  /** Other owners' done records closed all its parks while something was under way: it is terminal elsewhere. */
  isEndedElsewhere: boolean
  /** Decided, but not yet done because the value has to be loaded first. */
  burial: Burial | null
  /** Which half's slot the attempt under way takes. */
  attemptedOf: Half
  attempts: number
  /** Wall clock, for headers and dead letters; null before the first attempt. */
  firstAttemptAtMs: number | null
  lastAttemptAtMs: number | null
  clock: Clock | null
  /** When the target last asked to wait because of this event, ms. */
  askedToWaitAtMs: number | null
  /** When it is to be attempted while parked, ms; 0 for one that was never tried. */
  dueAtMs: number
  previous: Delivery | null
  next: Delivery | null
  /** Another delivery with the same offset, of a topic that was made anew under its name. */
  twin: Delivery | null
}

/**
 * Since when a delivery has been failing, ms. `heldBy` is null for its own failure; one that waited behind a failing head
 * carries that head's clock, valid until a delivery of the queue succeeds: the count of successes when it was taken.
 */
export type Clock = { readonly sinceMs: number; readonly heldBy: number | null }

export type Burial = { readonly cause: string; readonly code: string; readonly detail: string }

export type Deliveries = Map<number, Delivery>

export const noParks: readonly number[] = []

export function newDelivery(source: { offset: number; timestampMs: number }, queue: KeyQueue): Delivery {
  return {
    offset: source.offset,
    timestampMs: source.timestampMs,
    queue,
    state: 'queued',
    record: null,
    bytes: 0,
    inStream: false,
    isCharged: false,
    open: noParks,
    isParkAhead: false,
    isEndedElsewhere: false,
    burial: null,
    attemptedOf: 'stream',
    attempts: 0,
    firstAttemptAtMs: null,
    lastAttemptAtMs: null,
    clock: null,
    askedToWaitAtMs: null,
    dueAtMs: 0,
    previous: null,
    next: null,
    twin: null,
  }
}

/** Whether the retry partition holds it, or will: a park was read, or one of ours is sent. */
export const hasPark = ({ open, isParkAhead }: Delivery): boolean => isParkAhead || open.length > 0

export const isLoaded = (delivery: Delivery): delivery is LoadedDelivery => delivery.record !== null

export function sourceOf({ offset, timestampMs }: Delivery): { offset: number; timestampMs: number } {
  return { offset, timestampMs }
}

export function findDelivery(deliveries: Deliveries, offset: number, timestampMs: number): Delivery | null {
  let found = deliveries.get(offset) ?? null
  while (found !== null && found.timestampMs !== timestampMs) found = found.twin
  return found
}

export function addDelivery(deliveries: Deliveries, delivery: Delivery): void {
  delivery.twin = deliveries.get(delivery.offset) ?? null
  deliveries.set(delivery.offset, delivery)
}

export function removeDelivery(deliveries: Deliveries, delivery: Delivery): void {
  const first = deliveries.get(delivery.offset) ?? null
  if (first === delivery) {
    if (delivery.twin === null) deliveries.delete(delivery.offset)
    else deliveries.set(delivery.offset, delivery.twin)
    return
  }
  let before = first
  while (before !== null && before.twin !== delivery) before = before.twin
  if (before !== null) before.twin = delivery.twin
}

/** Bytes one event holds in memory, headers estimated. */
export function sizeOf(record: StoredRecord): number {
  return (record.value?.length ?? 0) + (record.key?.length ?? 0) + 512
}
