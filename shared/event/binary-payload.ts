import type { EventDescription } from './describe.ts'
import { hasName } from './envelope.ts'
import { type JsonMember, jsonKindAt, scanJson } from './json-scan.ts'
import { isJson, parseMediaType } from './media-type.ts'
import type { StoredRecord } from './record.ts'

/** What goes out in place of a record's value and content type; `contentType` null: no data, so no type of them. */
export type Payload = { body: Buffer; contentType: string | null }

/**
 * An event as the binary mode of CloudEvents has it: the data alone, under their own type. For a structured event these are
 * the bytes of its `data` member as they stand, unless its type is not JSON and they are a string: then its text
 * (CloudEvents JSON format 1.0.2, §3.1.1); `data_base64` is decoded. Any other event is that already. Null for a record that
 * says it is structured and cannot be read.
 */
export function binaryPayload({ value }: StoredRecord, event: EventDescription): Payload | null {
  if (value === null) return null
  if (event.mode !== 'structured') return { body: value, contentType: event.contentType }
  const scan = scanJson(value, anySize)
  if (!scan.ok || scan.kind !== 'object') return null
  const member = (name: string) => scan.members.find((one) => hasName(value, one, name))
  const [data, base64, type] = [member('data'), member('data_base64'), member('datacontenttype')]
  // the headers of a record need not repeat all of its envelope
  const own = type !== undefined && jsonKindAt(value, type.from) === 'string' ? textAt(value, type) : null
  const contentType = event.attributes.get('datacontenttype') ?? own
  if (data !== undefined) return dataPayload(value, data, contentType ?? 'application/json')
  if (base64 === undefined || jsonKindAt(value, base64.from) !== 'string') return none
  const body = Buffer.from(textAt(value, base64), 'base64')
  return { body, contentType: contentType ?? 'application/octet-stream' }
}

const anySize = { depth: Number.POSITIVE_INFINITY, members: Number.POSITIVE_INFINITY }
const none: Payload = { body: Buffer.alloc(0), contentType: null }

function dataPayload(value: Buffer, data: JsonMember, contentType: string): Payload {
  const type = parseMediaType(contentType)
  const isText = type !== null && !isJson(type) && jsonKindAt(value, data.from) === 'string'
  const body = isText ? Buffer.from(textAt(value, data)) : value.subarray(data.from, data.to)
  return { body, contentType }
}

const textAt = (value: Buffer, { from, to }: JsonMember) => JSON.parse(value.toString('utf8', from, to)) as string
