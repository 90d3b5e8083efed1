import type { EventDescription } from './describe.ts'
import { encodeHeaderValue } from './percent.ts'

/**
 * The headers with which an event goes out over HTTP: its content type and every attribute as a percent-encoded `ce-`
 * header, whatever the mode; nothing is added to a CloudEvent. `datacontenttype` is no header of the binding: in binary mode
 * it is the content type, in structured mode it stays in the envelope. The body is the record's value as it is.
 */
export function eventHeaders(event: EventDescription): Record<string, string> {
  const headers: Record<string, string> = {}
  if (event.contentType !== null) headers['content-type'] = event.contentType
  for (const [name, value] of event.attributes) {
    if (name !== 'datacontenttype') headers[`ce-${name}`] = encodeHeaderValue(value)
  }
  return headers
}
