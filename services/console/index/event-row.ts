import { describeEvent } from '#shared/event/describe.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { EventRow } from './queries/events.ts'

type StreamNames = { name: string; defaultType: string | null }

/** A record of a stream as the index keeps it. */
export function eventRowOf(record: StoredRecord, stream: StreamNames): Omit<EventRow, 'streamNumber'> {
  const { partition, offset, timestampMs, headers, value } = record
  const { id, source, type, key, contentType } = describeEvent(record, stream)
  const acceptedMs = Date.parse(headers.tailrace_received ?? '')
  return {
    ...{ stream: stream.name, partition, offset, storedMs: timestampMs, id, source, type, key, contentType },
    bytes: value?.length ?? 0,
    traceId: traceIdOf(headers.traceparent),
    acceptedMs: Number.isNaN(acceptedMs) ? null : acceptedMs,
    acceptedBy: headers.tailrace_instance ?? null,
  }
}

/** W3C Trace Context: version, trace id, parent id, flags. */
const traceIdOf = (traceparent: string | undefined): string | null =>
  /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent ?? '')?.[1] ?? null
