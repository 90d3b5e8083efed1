import { type FieldFault, TailraceError } from '#shared/errors.ts'
import type { Limits } from '#shared/limits.ts'
import { type Attributes, attributeFaults, type Locate } from './attributes.ts'
import { headerAttributes } from './ce-headers.ts'
import { jsonLimits, pointerTo, readEnvelope } from './envelope.ts'
import type { EventContext, EventRequest, MappedEvent } from './event-request.ts'
import { type EventForm, eventForm } from './form.ts'
import { scanJson } from './json-scan.ts'
import {
  firstAtItsPlace,
  keyFaults,
  keyOf,
  mappedEvent,
  plainAttributes,
  plainFaults,
  strayQuery,
} from './to-record.ts'
import { traceparentOf } from './traceparent.ts'

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
  if (form === 'batch' || (form === 'lines' && !isBinary)) throw manyEvents()
  const read = form === 'structured' ? structured : isBinary ? binary : plain
  const { attributes, faults } = read({ request, context, form, fromHeaders })
  const all = [...faults, ...keyFaults(attributes, request.query.key, context.limits)]
  if (all.length > 0) throw invalid(all)
  const parts = {
    value: request.body,
    contentType: request.headers['content-type'],
    key: keyOf(attributes, request.query.key),
    traceparent: traceparentOf(request.headers.traceparent as string | undefined),
    hasOwnId: read !== plain,
  }
  return mappedEvent(attributes, parts, context)
}

type Reading = { attributes: Attributes; faults: readonly FieldFault[] }
type Source = { request: EventRequest; context: EventContext; form: EventForm; fromHeaders: Reading }

const inHeader: Locate = (name) => ({ header: `ce-${name}` })
const inEnvelope: Locate = (name) => ({ pointer: pointerTo(name) })

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
  const { body } = request
  const attributes = plainAttributes(request, context)
  const faults = plainFaults(attributes, request, context.limits)
  if (body.length === 0) faults.push({ code: 'empty', detail: 'the body is empty', fix: 'send the event as the body' })
  else if (form === 'json') faults.push(...jsonFaults(body, context.limits))
  return { attributes, faults }
}

function jsonFaults(body: Buffer, limits: Limits): FieldFault[] {
  const scan = scanJson(body, jsonLimits(limits))
  return scan.ok ? [] : [{ code: scan.fault.code, detail: scan.fault.detail }]
}

/** A structured event may repeat its attributes as headers (HTTP binding §3.2.2), but not contradict itself. */
function conflicts(envelope: Attributes, headers: Attributes): FieldFault[] {
  return [...headers]
    .filter(([name, value]) => envelope.get(name) !== value)
    .map(([name]) => ({ header: `ce-${name}`, code: 'conflict', detail: `ce-${name} differs from the envelope` }))
}

const manyEvents = () => new TailraceError('type-unsupported', 'This content type brings many events, not one.')

function invalid(errors: FieldFault[]): TailraceError {
  const detail =
    errors.length === 1 ? `One thing is wrong: ${errors[0]?.detail}.` : `${errors.length} things are wrong.`
  return new TailraceError('event-invalid', detail, { errors })
}
