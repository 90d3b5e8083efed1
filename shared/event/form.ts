import type { IncomingHttpHeaders } from 'node:http'
import { TailraceError } from '#shared/errors.ts'
import { isJson, parseMediaType } from './media-type.ts'

/**
 * How the body of a publish is to be read: an envelope with attributes and data, JSON, bytes nobody looks into, or many
 * events: a JSON array of envelopes, lines of JSON.
 */
export type EventForm = 'structured' | 'json' | 'bytes' | 'batch' | 'lines'

export const structuredType = 'application/cloudevents+json'
const batchType = 'application/cloudevents-batch+json'

/** The form that a Content-Type asks for; throws `type-unsupported` with what to send instead. */
export function eventForm(contentType: string | undefined): EventForm {
  if (contentType === undefined) throw unsupported('There is no Content-Type. For JSON send application/json.')
  const type = parseMediaType(contentType)
  if (type === null) throw unsupported('The Content-Type is malformed. For JSON send application/json.')
  const fix = refusal(type.essence)
  if (fix !== undefined) throw unsupported(fix)
  const isLines = lineTypes.has(type.essence)
  if (!isLines && !isJson(type)) return 'bytes'
  if (type.charset !== null && !utf8Names.has(type.charset))
    throw unsupported('JSON is UTF-8: send it without charset.')
  if (isLines) return 'lines'
  return type.essence === structuredType ? 'structured' : type.essence === batchType ? 'batch' : 'json'
}

/**
 * Whether a publish brings one event or many. In CloudEvents binary mode (any `ce-` header) lines are the data of one event.
 * Throws `type-unsupported` like `eventForm`.
 */
export function requestForm(headers: IncomingHttpHeaders): 'single' | 'batch' | 'lines' {
  const contentType = headers['content-type']
  const form = contentType === undefined ? 'bytes' : eventForm(contentType)
  if (form === 'batch') return form
  return form === 'lines' && !Object.keys(headers).some((name) => name.startsWith('ce-')) ? form : 'single'
}

const utf8Names: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii'])
const lineTypes: ReadonlySet<string> = new Set(['application/x-ndjson', 'application/ndjson', 'application/jsonl'])

function refusal(essence: string): string | undefined {
  if (essence.startsWith('multipart/') || essence === 'application/x-www-form-urlencoded') {
    return `${essence} is a form. Send the event itself, for example as application/json.`
  }
  if (!essence.startsWith('application/cloudevents') || essence === structuredType || essence === batchType) return
  return `CloudEvents are supported as ${structuredType} and ${batchType} only.`
}

const unsupported = (detail: string) => new TailraceError('type-unsupported', detail)
