import type { EventRecord, StoredRecord } from '#shared/event/record.ts'

/** One partition: records at ascending offsets, from `low` on. */
export type LogModel = { readonly topic: string; low: number; high: number; readonly records: StoredRecord[] }

export function emptyLog(topic: string): LogModel {
  return { topic, low: 0, high: 0, records: [] }
}

/** Appends behind `gap` offsets that hold no record, and says where. */
export function append(
  log: LogModel,
  record: EventRecord,
  { timestampMs, gap = 0 }: { timestampMs: number; gap?: number },
): number {
  const offset = log.high + gap
  log.records.push({ ...record, topic: log.topic, partition: 0, offset, timestampMs })
  log.high = offset + 1
  return offset
}

export type Fetched = { fetchedFrom: number; records: readonly StoredRecord[] }

/** What a fetch from `position` brings; from below the log's start the client begins at the start by itself. */
export function fetchFrom(log: LogModel, position: number, count: number): Fetched {
  const fetchedFrom = Math.max(position, log.low)
  const records: StoredRecord[] = []
  for (let at = firstAtOrAbove(log, fetchedFrom); at < log.records.length && records.length < count; at += 1) {
    const record = log.records[at]
    if (record !== undefined) records.push(record)
  }
  return { fetchedFrom, records }
}

export function trimTo(log: LogModel, offset: number): void {
  log.low = Math.max(log.low, Math.min(offset, log.high))
}

function firstAtOrAbove({ records }: LogModel, offset: number): number {
  let low = 0
  let high = records.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((records[middle]?.offset ?? 0) < offset) low = middle + 1
    else high = middle
  }
  return low
}
