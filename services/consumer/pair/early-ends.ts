import type { Source } from '#shared/event/source.ts'
import { findDelivery } from './deliveries.ts'
import type { Done } from './retry-record.ts'
import type { Pair } from './states.ts'
import type { Table } from './table.ts'

/*
 * A former owner may have read further than it committed: what it had parked from there is delivered from the retry half
 * before the stream half comes to it. That it ended then is remembered until the stream half has passed it, or it would be
 * delivered a second time. Saves duplicates and nothing else.
 */

type Identity = Pick<Source, 'offset' | 'timestampMs'>

/** Stream offset → broker time of the event, and where the done record stands; ascending by the latter. */
export type EarlyEnds = Map<number, { readonly timestampMs: number; readonly doneAt: number }>

/**
 * A done record was read, at `doneAt`. It counts if this owner wrote it, or the one that made the last commit: an older one
 * may be of the time before somebody moved the position back to have everything delivered again.
 */
export function noteEarlyEnd({ table, token, dropped }: Pair, { source, owner }: Done, doneAt: number): void {
  const { offset, timestampMs } = source
  const { window, former } = table
  if (dropped.forgetEarlyEnds || offset < window.next || offset >= former.streamEnd) return
  if (owner !== token && owner !== former.token) return
  if (findDelivery(table.deliveries, offset, timestampMs) !== null) return
  table.earlyEnds.delete(offset)
  table.earlyEnds.set(offset, { timestampMs, doneAt })
}

/** The stream half comes to `event`: whether that ended before. */
export function takeEarlyEnd(table: Table, event: Identity): boolean {
  const isOver = endedEarly(table, event)
  // Of an event of a former topic of this name it is not needed any more either.
  table.earlyEnds.delete(event.offset)
  return isOver
}

/** Whether the delivery of `source` ended before the stream half came to it. */
export function endedEarly({ earlyEnds }: Table, { offset, timestampMs }: Identity): boolean {
  return earlyEnds.get(offset)?.timestampMs === timestampMs
}

/** The stream half stands at `next`. */
export function forgetEarlyEnds({ earlyEnds }: Table, next: number): void {
  for (const offset of earlyEnds.keys()) if (offset < next) earlyEnds.delete(offset)
}

/** Where the first done record stands that the next owner would need as well; Infinity when there is none. */
export function firstEarlyEnd({ earlyEnds }: Table): number {
  for (const { doneAt } of earlyEnds.values()) return doneAt
  return Number.POSITIVE_INFINITY
}
