import { parseMediaType } from '#shared/event/media-type.ts'
import { encodeHeaderValue } from '#shared/event/percent.ts'
import { positionOf } from '#shared/event/record.ts'
import { traceparentOf } from '#shared/event/traceparent.ts'
import { version } from '../version.ts'
import type { AttemptRequest } from './attempt.ts'
import { sign } from './signature.ts'

const noBody = Buffer.alloc(0)
const userAgent = `Tailrace/${version.split('.').slice(0, 2).join('.')}`

/** The bytes a receiver gets: the record's, untouched. */
export function requestBody({ record }: AttemptRequest): Buffer {
  return record.value ?? noBody
}

/**
 * The headers a receiver gets, as undici takes them: name, value, name, value … Only what stands here passes from a record
 * to a request, and every text is encoded, so nothing a publisher wrote can name or end another header. `nowMs` is the wall
 * clock of this attempt: each one is signed anew.
 */
export function requestHeaders(request: AttemptRequest, nowMs: number): string[] {
  const { record, stream, webhookId } = request
  const timestampSeconds = Math.floor(nowMs / 1000)
  const contentType = contentTypeOf(record.headers['content-type'])
  const headers = [
    'content-type',
    contentType,
    'user-agent',
    userAgent,
    'webhook-id',
    webhookId,
    'webhook-timestamp',
    String(timestampSeconds),
    'traceparent',
    encodeHeaderValue(traceparentOf(record.headers.traceparent)),
    'tailrace-stream',
    stream.name,
    'tailrace-subscription',
    request.subscription.name,
    'tailrace-position',
    positionOf(stream.name, record.partition, record.offset),
    'tailrace-attempt',
    String(request.number),
    'tailrace-first-attempt-at',
    new Date(request.firstAttemptAtMs).toISOString(),
  ]
  const signature = sign({ webhookId, timestampSeconds, body: requestBody(request) }, request.secrets)
  if (signature !== '') headers.push('webhook-signature', signature)
  if (request.key !== null) headers.push('tailrace-key', encodeHeaderValue(request.key))
  if (request.replay !== null) headers.push('tailrace-replay', encodeHeaderValue(request.replay))
  pushAttributes(headers, request, contentType)
  return headers
}

/** A content type that no HTTP server could read is no information: the bytes are then just bytes. */
function contentTypeOf(stored: string | undefined): string {
  return stored !== undefined && parseMediaType(stored) !== null ? stored : 'application/octet-stream'
}

/** CloudEvents attribute names: lower-case letters and digits. The specification asks for at most 20, and forbids no more. */
const attributeHeader = /^ce_[a-z0-9]{1,64}$/

/** The CloudEvents attributes as `ce-*`, percent-encoded (HTTP binding 1.0.2 §3.1.3). */
function pushAttributes(headers: string[], request: AttemptRequest, contentType: string): void {
  const stored = request.record.headers
  if (stored.ce_specversion === undefined) pushPlainAttributes(headers, request)
  const isStructured = contentType.startsWith('application/cloudevents')
  for (const name in stored) {
    if (!attributeHeader.test(name)) continue
    // In binary mode the content type is this attribute; a second one could contradict it.
    if (name === 'ce_datacontenttype' && !isStructured) continue
    headers.push(`ce-${name.slice(3)}`, encodeHeaderValue(stored[name] ?? ''))
  }
}

/** A record that any Kafka client wrote is a plain event: its position is its id. */
function pushPlainAttributes(headers: string[], { record, stream }: AttemptRequest): void {
  const attributes = {
    specversion: '1.0',
    id: positionOf(stream.name, record.partition, record.offset),
    source: `/streams/${stream.name}`,
    type: stream.defaultType ?? 'tailrace.event',
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (record.headers[`ce_${name}`] === undefined) headers.push(`ce-${name}`, encodeHeaderValue(value))
  }
}
