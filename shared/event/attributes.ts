import type { FieldFault } from '#shared/errors.ts'
import type { Limits } from '#shared/limits.ts'
import { parseMediaType } from './media-type.ts'
import { encodeHeaderValue } from './percent.ts'
import { isRfc3339 } from './time.ts'
import { isAbsoluteUri, isUriReference } from './uri.ts'

/** The CloudEvents attributes of one event, by name: `specversion`, `id`, `source`, `type` and what else it has. */
export type Attributes = ReadonlyMap<string, string>

/** Where an attribute of that name stands in the request: a JSON pointer, a header or a query parameter. */
export type Place = { pointer: string } | { header: string } | { query: string }
export type Locate = (name: string) => Place

type Finding = { code: string; detail: string; fix?: string }
type Rule = (value: string, limits: Limits) => Finding | undefined

/**
 * Everything that is wrong with the attributes, all at once: required ones, names, values (CloudEvents 1.0.2 §3) and our
 * limits. An empty list means that they are good.
 */
export function attributeFaults(attributes: Attributes, locate: Locate, limits: Limits): FieldFault[] {
  const faults: FieldFault[] = required
    .filter((name) => !attributes.has(name))
    .map((name) => ({ ...locate(name), code: 'missing', detail: `${name} is required`, fix: fixOf[name] }))
  for (const [name, value] of attributes) {
    const finding = nameFinding(name) ?? textFinding(name, value) ?? rules.get(name)?.(value, limits)
    if (finding !== undefined) faults.push({ ...locate(name), ...finding })
  }
  return faults.concat(sizeFaults(attributes, limits))
}

const required = ['specversion', 'id', 'source', 'type'] as const

const fixOf = {
  specversion: 'add specversion 1.0',
  id: 'add an id that is unique for this source',
  source: 'add a URI reference, for example /shop',
  type: 'add a type, for example com.example.order.created',
}

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>(
  Object.entries({
    specversion: (value) =>
      value === '1.0' ? undefined : finding('version-unsupported', 'only CloudEvents 1.0 is supported', 'send 1.0'),
    id: (value, limits) => tooLong('id', value, limits.TAILRACE_LIMIT_ID_BYTES, 'TAILRACE_LIMIT_ID_BYTES'),
    type: (value, limits) => tooLong('type', value, limits.TAILRACE_LIMIT_TYPE_BYTES, 'TAILRACE_LIMIT_TYPE_BYTES'),
    source: (value) =>
      isUriReference(value) ? undefined : finding('not-a-uri-reference', 'source is no URI reference', fixOf.source),
    dataschema: (value) =>
      isAbsoluteUri(value) ? undefined : finding('not-a-uri', 'dataschema is no absolute URI', 'add scheme and host'),
    time: (value) =>
      isRfc3339(value)
        ? undefined
        : finding('not-a-time', `${quoted(value)} is no RFC 3339 time`, 'for example 2026-11-21T10:02:11.380Z'),
    datacontenttype: (value) =>
      parseMediaType(value) !== null
        ? undefined
        : finding('not-a-media-type', 'datacontenttype is no media type', 'for example application/json'),
  } satisfies Record<string, Rule>),
)

const namePattern = /^[a-z0-9]+$/

function nameFinding(name: string): Finding | undefined {
  if (name === 'data') return finding('name-invalid', 'data is no attribute')
  return namePattern.test(name)
    ? undefined
    : finding('name-invalid', 'an attribute name has only lower case letters and digits', 'rename it')
}

// CloudEvents §3.1: no control characters, no surrogates without their other half, no noncharacters.
const forbidden = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u

function textFinding(name: string, value: string): Finding | undefined {
  if (value.trim() === '') return finding('empty', `${name} is empty`, 'give it a value or leave it out')
  return forbidden.test(value)
    ? finding('forbidden-character', `${name} has a control character or no valid text`, 'remove it')
    : undefined
}

function tooLong(name: string, value: string, limit: number, setting: string): Finding | undefined {
  if (Buffer.byteLength(value) <= limit) return undefined
  return finding('too-long', `${name} is longer than ${limit} bytes (${setting})`, 'shorten it')
}

/** All attributes travel as headers, to Kafka and to every receiver, so together they keep to the limit of a header block. */
function sizeFaults(attributes: Attributes, limits: Limits): FieldFault[] {
  const faults: FieldFault[] = []
  const { TAILRACE_LIMIT_ATTRIBUTES: most, TAILRACE_LIMIT_HEADER_BYTES: mostBytes } = limits
  if (attributes.size > most) {
    const detail = `there are ${attributes.size} attributes, ${most} are allowed (TAILRACE_LIMIT_ATTRIBUTES)`
    faults.push({ code: 'too-many-attributes', detail })
  }
  let bytes = 0
  for (const [name, value] of attributes) bytes += name.length + encodeHeaderValue(value).length
  if (bytes > mostBytes) {
    const detail = `as headers the attributes take ${bytes} bytes, ${mostBytes} are allowed (TAILRACE_LIMIT_HEADER_BYTES)`
    faults.push({ code: 'attributes-too-large', detail })
  }
  return faults
}

const finding = (code: string, detail: string, fix?: string): Finding => ({
  code,
  detail,
  ...(fix === undefined ? {} : { fix }),
})

const quoted = (value: string) => JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
