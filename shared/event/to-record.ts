import type { FieldFault } from '#shared/errors.ts'
import type { Limits } from '#shared/limits.ts'
import { type Attributes, attributeFaults, type Locate } from './attributes.ts'
import type { EventContext, EventRequest, MappedEvent } from './event-request.ts'
import { uuid7 } from './random.ts'
import { webhookIdOf } from './webhook-id.ts'

/** The type of a plain event when neither the request nor its stream names one. */
export const fallbackType = 'tailrace.event'

/** What an event has beside its attributes. `traceparent` is valid already. */
export type RecordParts = {
  value: Buffer
  contentType: string | undefined
  key: string | null
  traceparent: string
  hasOwnId: boolean
}

/** An event whose attributes are known to be good, as the record it becomes. The value is kept as it is. */
export function mappedEvent(attributes: Attributes, parts: RecordParts, context: EventContext): MappedEvent {
  const headers: Record<string, string> = {}
  for (const [name, value] of attributes) headers[`ce_${name}`] = value
  if (parts.contentType !== undefined) headers['content-type'] = parts.contentType
  headers.traceparent = parts.traceparent
  headers.tailrace_received = timeText(context.receivedAtMs)
  headers.tailrace_instance = context.instance
  headers.tailrace_key_id = context.keyId
  const [id, source] = [attributes.get('id') ?? '', attributes.get('source') ?? '']
  const record = { key: parts.key === null ? null : Buffer.from(parts.key), value: parts.value, headers }
  return { id, source, webhookId: webhookIdOf(source, id), hasOwnId: parts.hasOwnId, record }
}

/** The attributes a plain event gets: defaults, and what the query of its request says. */
export function plainAttributes({ query }: EventRequest, context: EventContext): Map<string, string> {
  const attributes = new Map([
    ['specversion', '1.0'],
    ['id', uuid7(context.receivedAtMs)],
    ['source', `/keys/${encodeURIComponent(context.keyName)}`],
    ['type', query.type ?? context.defaultType ?? fallbackType],
    ['time', timeText(context.receivedAtMs)],
  ])
  if (query.subject !== undefined) attributes.set('subject', query.subject)
  return attributes
}

const inQuery: Locate = (name) => ({ query: name })

/** What the query says wrongly about plain events. Without it their attributes are ours, and good. */
export function plainFaults(attributes: Attributes, { query }: EventRequest, limits: Limits): FieldFault[] {
  return query.type === undefined && query.subject === undefined ? [] : attributeFaults(attributes, inQuery, limits)
}

/** `type` and `subject` of the query belong to plain events: nothing is added to a CloudEvent. */
export function strayQuery({ query }: EventRequest): FieldFault[] {
  const fix = 'set the attribute of the CloudEvent'
  return (['type', 'subject'] as const)
    .filter((name) => query[name] !== undefined)
    .map((name) => ({ query: name, code: 'not-allowed', detail: `?${name}= is for plain events`, fix }))
}

/** What order is kept by: `?key=` of the request, else the attribute `partitionkey`, else nothing. */
export const keyOf = (attributes: Attributes, query: string | undefined) =>
  query ?? attributes.get('partitionkey') ?? null

/** What is wrong with that key. */
export function keyFaults(attributes: Attributes, query: string | undefined, limits: Limits): FieldFault[] {
  const limit = limits.TAILRACE_LIMIT_KEY_BYTES
  const place = query === undefined ? {} : { query: 'key' }
  if (query === '') {
    return [{ ...place, code: 'empty', detail: 'the key is empty', fix: 'leave it out for an event without key' }]
  }
  // Every receiver gets the key as a header. The attribute `partitionkey` has been judged as an attribute.
  if (query !== undefined && /[\r\n]/.test(query)) {
    return [{ ...place, code: 'forbidden-character', detail: 'the key has a line break', fix: 'remove it' }]
  }
  if (Buffer.byteLength(keyOf(attributes, query) ?? '') <= limit) return []
  return [{ ...place, code: 'too-long', detail: `the key is longer than ${limit} bytes (TAILRACE_LIMIT_KEY_BYTES)` }]
}

/** One place is reported once: its first fault is the cause of the later ones. */
export function firstAtItsPlace(fault: FieldFault, index: number, all: readonly FieldFault[]): boolean {
  const place = fault.pointer ?? fault.header
  return place === undefined || all.findIndex((other) => (other.pointer ?? other.header) === place) === index
}

let lastTime = { ms: Number.NaN, text: '' }

/** RFC 3339 in UTC. Many events share a millisecond, and each shows its time twice. */
function timeText(ms: number): string {
  if (lastTime.ms !== ms) lastTime = { ms, text: new Date(ms).toISOString() }
  return lastTime.text
}
