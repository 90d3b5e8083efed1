import type { IncomingHttpHeaders } from 'node:http'
import { type FieldFault, TailraceError } from '#shared/errors.ts'
import type { Limits } from '#shared/limits.ts'
import { type Attributes, attributeFaults, type Locate } from './attributes.ts'
import { headerAttributes } from './ce-headers.ts'
import { jsonLimits, pointerTo, readEnvelope } from './envelope.ts'
import { type EventForm, eventForm } from './form.ts'
import { scanJson } from './json-scan.ts'
import { uuid7 } from './random.ts'
import type { EventRecord } from './record.ts'
import { traceparentOf } from './traceparent.ts'
import { webhookIdOf } from './webhook-id.ts'

export type EventRequest = {
  headers: IncomingHttpHeaders
  /** Names and values in turn, as node:http gives them: the only place where a repeated header shows. */
  rawHeaders: readonly string[]
  query: { readonly type?: string; readonly key?: string; readonly subject?: string }
  body: Buffer
}

export type EventContext = {
  keyId: string
  keyName: string
  instance: string
  /** The type of a plain event that does not name one. */
  defaultType: string | null
  receivedAtMs: number
  limits: Limits
}

/** An event ready to be appended. */
export type MappedEvent = {
  id: string
  source: string
  webhookId: string
  /** Its publisher gave it source and id, so a repeat has the same ones. */
  hasOwnId: boolean
  record: EventRecord
}

export const fallbackType = 'tailrace.event'

/**
 * One publish request as the record it becomes: CloudEvents binary (any `ce-` header), structured, or plain with defaults.
 * The value is the body as it came. Throws `type-unsupported`, `event-too-large` or `event-invalid` with every fault.
 */
export function recordFromRequest(request: EventRequest, context: EventContext): MappedEvent {
  const limit = context.limits.TAILRACE_LIMIT_EVENT_BYTES
  if (request.body.length > limit) {
    throw new TailraceError('event-too-large', `An event has at most ${limit} bytes (TAILRACE_LIMIT_EVENT_BYTES).`)
  }
  const fromHeaders = headerAttributes(request.rawHeaders)
  const isBinary = fromHeaders.attributes.size + fromHeaders.faults.length > 0
  const hasBody = request.body.length > 0
  // A binary event without data needs no content type; everything else says what it is.
  const form =
    isBinary && !hasBody && request.headers['content-type'] === undefined
      ? 'bytes'
      : eventForm(request.headers['content-type'])
  const read = form === 'structured' ? structured : isBinary ? binary : plain
  const { attributes, faults } = read({ request, context, form, fromHeaders })
  const all = [...faults, ...keyFaults(attributes, request.query.key, context.limits)]
  if (all.length > 0) throw invalid(all)
  return { ...mapped(attributes, request, context), hasOwnId: read !== plain }
}

type Reading = { attributes: Attributes; faults: readonly FieldFault[] }
type Source = { request: EventRequest; context: EventContext; form: EventForm; fromHeaders: Reading }

const inHeader: Locate = (name) => ({ header: `ce-${name}` })
const inEnvelope: Locate = (name) => ({ pointer: pointerTo(name) })
const inQuery: Locate = (name) => ({ query: name })

const isContentType: FieldFault = {
  ...inHeader('datacontenttype'),
  code: 'not-allowed',
  detail: 'in binary mode the content type of the data is Content-Type',
  fix: 'remove it',
}

function binary({ request, context, form, fromHeaders }: Source): Reading {
  const faults = [
    ...fromHeaders.faults,
    ...(fromHeaders.attributes.has('datacontenttype') ? [isContentType] : []),
    ...attributeFaults(fromHeaders.attributes, inHeader, context.limits),
    ...strayQuery(request),
    ...(form === 'json' && request.body.length > 0 ? jsonFaults(request.body, context.limits) : []),
  ]
  return { attributes: fromHeaders.attributes, faults: faults.filter(firstAtItsPlace) }
}

function structured({ request, context, fromHeaders }: Source): Reading {
  const { attributes, faults } = readEnvelope(request.body, context.limits)
  if (attributes === null) return { attributes: new Map(), faults }
  const all = [
    ...faults,
    ...attributeFaults(attributes, inEnvelope, context.limits),
    ...strayQuery(request),
    ...fromHeaders.faults,
    ...conflicts(attributes, fromHeaders.attributes),
  ]
  return { attributes, faults: all.filter(firstAtItsPlace) }
}

function plain({ request, context, form }: Source): Reading {
  const { body, query } = request
  const attributes = new Map([
    ['specversion', '1.0'],
    ['id', uuid7(context.receivedAtMs)],
    ['source', `/keys/${encodeURIComponent(context.keyName)}`],
    ['type', query.type ?? context.defaultType ?? fallbackType],
    ['time', timeText(context.receivedAtMs)],
  ])
  if (query.subject !== undefined) attributes.set('subject', query.subject)
  const faults =
    query.type === undefined && query.subject === undefined ? [] : attributeFaults(attributes, inQuery, context.limits)
  if (body.length === 0) faults.push({ code: 'empty', detail: 'the body is empty', fix: 'send the event as the body' })
  else if (form === 'json') faults.push(...jsonFaults(body, context.limits))
  return { attributes, faults }
}

function jsonFaults(body: Buffer, limits: Limits): FieldFault[] {
  const scan = scanJson(body, jsonLimits(limits))
  return scan.ok ? [] : [{ code: scan.fault.code, detail: scan.fault.detail }]
}

/** `type` and `subject` of the query belong to plain events: nothing is added to a CloudEvent. */
function strayQuery({ query }: EventRequest): FieldFault[] {
  const fix = 'set the attribute of the CloudEvent'
  return (['type', 'subject'] as const)
    .filter((name) => query[name] !== undefined)
    .map((name) => ({ query: name, code: 'not-allowed', detail: `?${name}= is for plain events`, fix }))
}

/** A structured event may repeat its attributes as headers (HTTP binding §3.2.2), but not contradict itself. */
function conflicts(envelope: Attributes, headers: Attributes): FieldFault[] {
  return [...headers]
    .filter(([name, value]) => envelope.get(name) !== value)
    .map(([name]) => ({ header: `ce-${name}`, code: 'conflict', detail: `ce-${name} differs from the envelope` }))
}

const keyOf = (attributes: Attributes, query: string | undefined) => query ?? attributes.get('partitionkey') ?? null

function keyFaults(attributes: Attributes, query: string | undefined, limits: Limits): FieldFault[] {
  const limit = limits.TAILRACE_LIMIT_KEY_BYTES
  const place = query === undefined ? {} : { query: 'key' }
  if (query === '') {
    return [{ ...place, code: 'empty', detail: 'the key is empty', fix: 'leave it out for an event without key' }]
  }
  if (Buffer.byteLength(keyOf(attributes, query) ?? '') <= limit) return []
  return [{ ...place, code: 'too-long', detail: `the key is longer than ${limit} bytes (TAILRACE_LIMIT_KEY_BYTES)` }]
}

/** One place is reported once: its first fault is the cause of the later ones. */
function firstAtItsPlace(fault: FieldFault, index: number, all: readonly FieldFault[]): boolean {
  const place = fault.pointer ?? fault.header
  return place === undefined || all.findIndex((other) => (other.pointer ?? other.header) === place) === index
}

function invalid(errors: FieldFault[]): TailraceError {
  const detail =
    errors.length === 1 ? `One thing is wrong: ${errors[0]?.detail}.` : `${errors.length} things are wrong.`
  return new TailraceError('event-invalid', detail, { errors })
}

function mapped(attributes: Attributes, request: EventRequest, context: EventContext): Omit<MappedEvent, 'hasOwnId'> {
  const headers: Record<string, string> = {}
  for (const [name, value] of attributes) headers[`ce_${name}`] = value
  const contentType = request.headers['content-type']
  if (contentType !== undefined) headers['content-type'] = contentType
  headers.traceparent = traceparentOf(request.headers.traceparent as string | undefined)
  headers.tailrace_received = timeText(context.receivedAtMs)
  headers.tailrace_instance = context.instance
  headers.tailrace_key_id = context.keyId
  const [id, source] = [attributes.get('id') ?? '', attributes.get('source') ?? '']
  const key = keyOf(attributes, request.query.key)
  const record = { key: key === null ? null : Buffer.from(key), value: request.body, headers }
  return { id, source, webhookId: webhookIdOf(source, id), record }
}

let lastTime = { ms: Number.NaN, text: '' }

/** RFC 3339 in UTC. Many events share a millisecond, and each shows its time twice. */
function timeText(ms: number): string {
  if (lastTime.ms !== ms) lastTime = { ms, text: new Date(ms).toISOString() }
  return lastTime.text
}
