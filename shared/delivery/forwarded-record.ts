import { describeEvent } from '#shared/event/describe.ts'
import { type EventRecord, positionOf } from '#shared/event/record.ts'
import type { AttemptRequest } from './attempt.ts'

/** Through which subscriptions (their uids, oldest first) an event came from topic to topic. */
const via = 'tailrace_via'
/** More stations than that are a circle through subscriptions that are made anew, or nothing anybody meant. */
const mostStations = 16

/**
 * What a Kafka destination gets: key and bytes as they are (or the data alone), the headers of the record, every CloudEvents
 * attribute as a `ce_` header whoever wrote the record, so that its id stays the same downstream; and where it comes from.
 */
export function forwardedRecord(request: AttemptRequest): EventRecord {
  const { record, stream, payload, subscription } = request
  const { attributes } = request.event ?? describeEvent(record, stream)
  const headers: Record<string, string> = { ...record.headers }
  for (const [name, value] of attributes) headers[`ce_${name}`] = value
  if (payload !== undefined) {
    // in binary mode it is the content type
    delete headers.ce_datacontenttype
    delete headers['content-type']
    if (payload.contentType !== null) headers['content-type'] = payload.contentType
  }
  headers[via] = [...stationsOf(request), subscription.uid].join(',')
  headers.tailrace_from = positionOf(stream.name, record.partition, record.offset)
  return { key: record.key, value: payload?.body ?? record.value, headers }
}

/** Whether the event has been through this subscription. */
export function isLoop(request: AttemptRequest): boolean {
  const stations = stationsOf(request)
  return stations.includes(request.subscription.uid) || stations.length >= mostStations
}

function stationsOf({ record }: AttemptRequest): string[] {
  const header = record.headers[via]
  return header === undefined || header === '' ? [] : header.split(',')
}
