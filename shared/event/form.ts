import { TailraceError } from '#shared/errors.ts'
import { isJson, parseMediaType } from './media-type.ts'

/** How the body of a publish is to be read: an envelope with attributes and data, JSON, or bytes nobody looks into. */
export type EventForm = 'structured' | 'json' | 'bytes'

export const structuredType = 'application/cloudevents+json'

/** The form that a Content-Type asks for; throws `type-unsupported` with what to send instead. */
export function eventForm(contentType: string | undefined): EventForm {
  if (contentType === undefined) throw unsupported('There is no Content-Type. For JSON send application/json.')
  const type = parseMediaType(contentType)
  if (type === null) throw unsupported('The Content-Type is malformed. For JSON send application/json.')
  const fix = refusal(type.essence)
  if (fix !== undefined) throw unsupported(fix)
  if (!isJson(type)) return 'bytes'
  if (type.charset !== null && !utf8Names.has(type.charset))
    throw unsupported('JSON is UTF-8: send it without charset.')
  return type.essence === structuredType ? 'structured' : 'json'
}

const utf8Names: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii'])
const lineTypes: ReadonlySet<string> = new Set(['application/x-ndjson', 'application/ndjson', 'application/jsonl'])

function refusal(essence: string): string | undefined {
  if (essence.startsWith('multipart/') || essence === 'application/x-www-form-urlencoded') {
    return `${essence} is a form. Send the event itself, for example as application/json.`
  }
  if (lineTypes.has(essence)) return `NDJSON (${essence}) is not built in this version. Send one event a request.`
  if (essence.startsWith('application/cloudevents-batch')) {
    return `Batches (${essence}) are not built in this version. Send one event a request as ${structuredType}.`
  }
  const otherEnvelope = essence.startsWith('application/cloudevents') && essence !== structuredType
  return otherEnvelope ? `Structured events are supported as ${structuredType} only.` : undefined
}

const unsupported = (detail: string) => new TailraceError('type-unsupported', detail)
