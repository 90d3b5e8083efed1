import { describeEvent } from '#shared/event/describe.ts'
import { parseMediaType } from '#shared/event/media-type.ts'
import { encodeHeaderValue } from '#shared/event/percent.ts'
import { positionOf } from '#shared/event/record.ts'
import { eventHeaders } from '#shared/event/to-http.ts'
import { traceparentOf } from '#shared/event/traceparent.ts'
import { version } from '../version.ts'
import type { AttemptRequest } from './attempt.ts'
import { sign } from './signature.ts'

const noBody = Buffer.alloc(0)
/** Who calls, on every request. */
export const userAgent = `Tailrace/${version.split('.').slice(0, 2).join('.')}`

/** The bytes a receiver gets: the record's, untouched, or its data alone. */
export function requestBody({ record, payload }: AttemptRequest): Buffer {
  return payload?.body ?? record.value ?? noBody
}

/**
 * The headers a receiver gets, as undici takes them: name, value, name, value … Only what stands here passes from a record
 * to a request, and every text is encoded, so nothing a publisher wrote can name or end another header. `nowMs` is the wall
 * clock of this attempt: each one is signed anew.
 */
export function requestHeaders(request: AttemptRequest, nowMs: number): string[] {
  const { record, stream, webhookId } = request
  const timestampSeconds = Math.floor(nowMs / 1000)
  const headers = [
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
  const signature = sign({ webhookId, timestampSeconds, body: requestBody(request) }, request.signing)
  if (signature !== '') headers.push('webhook-signature', signature)
  if (request.key !== null) headers.push('tailrace-key', encodeHeaderValue(request.key))
  if (request.replay !== null) headers.push('tailrace-replay', encodeHeaderValue(request.replay))
  pushEvent(headers, request)
  return headers
}

/** The event's own headers: content type and CloudEvents attributes. */
function pushEvent(headers: string[], { event, record, stream, payload }: AttemptRequest): void {
  const described = event ?? describeEvent(record, stream)
  const own = eventHeaders(payload === undefined ? described : { ...described, contentType: payload.contentType })
  for (const name in own) {
    const value = own[name] ?? ''
    headers.push(name, name === 'content-type' ? readableContentType(value) : value)
  }
}

/** A content type that no HTTP server could read is no information: the bytes are then just bytes. */
function readableContentType(stored: string): string {
  return parseMediaType(stored) === null ? 'application/octet-stream' : stored
}
