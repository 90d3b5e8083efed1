import { type FieldFault, TailraceError } from '#shared/errors.ts'
import type { Limits } from '#shared/limits.ts'
import type { Slices } from '#shared/resilience/slices.ts'
import { type Attributes, attributeFaults, type Locate } from './attributes.ts'
import { headerAttributes } from './ce-headers.ts'
import { envelopeOf, hasMember, jsonLimits, pointerTo } from './envelope.ts'
import { collectFaults } from './event-faults.ts'
import type { EventContext, EventRequest, MappedEvent } from './event-request.ts'
import { structuredType } from './form.ts'
import { arrayElements, jsonLines } from './json-elements.ts'
import type { JsonScan } from './json-scan.ts'
import {
  firstAtItsPlace,
  keyFaults,
  keyOf,
  mappedEvent,
  plainAttributes,
  plainFaults,
  type RecordParts,
  strayQuery,
} from './to-record.ts'
import { traceparentOf } from './traceparent.ts'

/** How many events stand in one body: a JSON array of structured events, or lines of structured events and JSON values. */
export type ManyForm = 'batch' | 'lines'

export type ManyRequest = EventRequest & { form: ManyForm }

/**
 * The events of a batch or of lines as the records they become, in slices of time. Each value is the element's bytes as they
 * came. Throws `too-many-events`, `event-too-large` or `event-invalid` with what is wrong by `index`; then none is good.
 */
export async function recordsFromMany(
  request: ManyRequest,
  context: EventContext,
  slices: Slices,
): Promise<MappedEvent[]> {
  const faults = collectFaults()
  const events: MappedEvent[] = []
  const read = elementReader(request, context)
  let count = 0
  faults.addAll(faultsAround(request, context))
  for (const piece of piecesOf(request, context.limits)) {
    if (piece.kind === 'too-many') throw tooMany(request.form, context.limits)
    if (piece.kind === 'body') faults.addAll([{ code: piece.fault.code, detail: piece.fault.detail }])
    if (piece.kind === 'event') {
      const event = read(piece.text, piece.scan)
      if ('record' in event) events.push(event)
      else faults.add(count, event.faults)
      count += 1
    }
    const pause = slices.pause()
    if (pause !== undefined) await pause
  }
  if (count === 0) faults.addAll([empty])
  const refusal = faults.refusal(count)
  if (refusal !== undefined) throw refusal
  return events
}

const empty: FieldFault = { code: 'empty', detail: 'there is no event in the body', fix: 'send at least one' }

function piecesOf({ form, body }: ManyRequest, limits: Limits) {
  const each = { ...jsonLimits(limits), limitBytes: limits.TAILRACE_LIMIT_EVENT_BYTES }
  return form === 'batch'
    ? arrayElements(body, { ...each, count: limits.TAILRACE_LIMIT_BATCH_EVENTS })
    : jsonLines(body, { ...each, count: limits.TAILRACE_LIMIT_NDJSON_LINES })
}

function tooMany(form: ManyForm, limits: Limits): TailraceError {
  const detail =
    form === 'batch'
      ? `A batch has at most ${limits.TAILRACE_LIMIT_BATCH_EVENTS} events (TAILRACE_LIMIT_BATCH_EVENTS).`
      : `A request has at most ${limits.TAILRACE_LIMIT_NDJSON_LINES} lines (TAILRACE_LIMIT_NDJSON_LINES).`
  return new TailraceError('too-many-events', detail)
}

/** What headers and query say, once for all events. */
function faultsAround(request: ManyRequest, context: EventContext): FieldFault[] {
  const { limits } = context
  const headers = headerAttributes(request.rawHeaders)
  const fix = 'set the attributes of each event'
  const stray = [...headers.attributes.keys()].map((name) => ({
    ...{ header: `ce-${name}`, code: 'not-allowed', detail: 'a ce- header belongs to a request with one event', fix },
  }))
  const query =
    request.form === 'batch'
      ? strayQuery(request)
      : plainFaults(plainAttributes(request, context), request, context.limits)
  return [...headers.faults, ...stray, ...query, ...keyFaults(noAttributes, request.query.key, limits)]
}

const noAttributes: Attributes = new Map()

type Faulty = { faults: readonly FieldFault[] }
type Reader = (text: Buffer, scan: JsonScan) => MappedEvent | Faulty

const inEnvelope: Locate = (name) => ({ pointer: pointerTo(name) })

function elementReader(request: ManyRequest, context: EventContext): Reader {
  const { query, form } = request
  const traceparent = traceparentOf(request.headers.traceparent as string | undefined)
  const mapped = (attributes: Attributes, parts: Pick<RecordParts, 'value' | 'contentType' | 'hasOwnId'>) =>
    mappedEvent(attributes, { ...parts, key: keyOf(attributes, query.key), traceparent }, context)
  const structured: Reader = (text, scan) => {
    const { attributes, faults } = structuredAttributes(text, scan, request, context.limits)
    return attributes === null || faults.length > 0
      ? { faults }
      : mapped(attributes, { value: bytesOf(text, scan), contentType: structuredType, hasOwnId: true })
  }
  return (text, scan) => {
    if (form === 'batch' || !scan.ok || isStructured(text, scan)) return structured(text, scan)
    const value = bytesOf(text, scan)
    return mapped(plainAttributes(request, context), { value, contentType: 'application/json', hasOwnId: false })
  }
}

/** A line is a CloudEvent when it is an object that says which version of CloudEvents it is. */
function isStructured(text: Buffer, scan: JsonScan): boolean {
  return scan.ok && scan.kind === 'object' && hasMember(text, scan.members, 'specversion')
}

const bytesOf = (text: Buffer, scan: JsonScan) => (scan.ok ? text.subarray(scan.from, scan.to) : text)

function structuredAttributes(text: Buffer, scan: JsonScan, request: ManyRequest, limits: Limits) {
  const { attributes, faults } = envelopeOf(text, scan)
  if (attributes === null) return { attributes, faults }
  const all = [
    ...faults,
    ...attributeFaults(attributes, inEnvelope, limits),
    ...(request.form === 'lines' ? strayQuery(request) : []),
    ...(request.query.key === undefined ? keyFaults(attributes, undefined, limits) : []),
  ]
  return { attributes, faults: all.filter(firstAtItsPlace) }
}
