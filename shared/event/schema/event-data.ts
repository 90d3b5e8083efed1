import type { FieldFault } from '#shared/errors.ts'
import { structuredType } from '../form.ts'
import { isJson, parseMediaType } from '../media-type.ts'
import type { EventRecord } from '../record.ts'

/** The data of an event as JSON, and where it stands in the body; or why it is none. */
export type EventData =
  | { kind: 'json'; value: unknown; pointer: string; bytes: number }
  | { kind: 'none'; fault: FieldFault }

/**
 * The data of a record, whatever form it came in: the whole value, or `data` of a structured event. What the door has
 * mapped is well formed already; for anything else this throws what `parse` throws.
 */
export function eventData(
  { value, headers }: EventRecord,
  parse: (text: Buffer) => unknown = (text) => JSON.parse(text.toString()),
): EventData {
  if (value === null || value.length === 0) return none('', 'it has no data')
  const type = parseMediaType(headers['content-type'] ?? '')
  if (type === null || !isJson(type)) return none('', 'its data is not JSON')
  const body = parse(value)
  const bytes = value.length
  if (type.essence !== structuredType) return { kind: 'json', value: body, pointer: '', bytes }
  return dataOfEnvelope(body as object, headers.ce_datacontenttype, bytes)
}

function dataOfEnvelope(envelope: object, contentType: string | undefined, bytes: number): EventData {
  if (!Object.hasOwn(envelope, 'data')) {
    const isBinary = typeof Reflect.get(envelope, 'data_base64') === 'string'
    return isBinary ? none('/data_base64', 'its data is not JSON') : none('/data', 'it has no data')
  }
  const type = contentType === undefined ? null : parseMediaType(contentType)
  if (contentType !== undefined && (type === null || !isJson(type))) {
    return none('/datacontenttype', 'its data is not JSON')
  }
  return { kind: 'json', value: Reflect.get(envelope, 'data'), pointer: '/data', bytes }
}

function none(pointer: string, what: string): EventData {
  const detail = `${what}, and its stream has a schema`
  return { kind: 'none', fault: { pointer, code: 'not-json', detail, fix: 'send the data as JSON' } }
}
