import type { FieldFault } from '#shared/errors.ts'
import type { Limits } from '#shared/limits.ts'
import type { Attributes } from './attributes.ts'
import { type JsonMember, type JsonScan, jsonKindAt, scanJson } from './json-scan.ts'

/** A structured CloudEvent as its bytes stand: the attributes (null when it is no JSON object), and what is wrong with it. */
export type Envelope = { attributes: Attributes | null; faults: readonly FieldFault[] }

/**
 * Reads the envelope of one structured event (CloudEvents JSON format 1.0.2) without touching its data. Faults are about
 * JSON, duplicate names and value types; the values are judged by `attributeFaults`.
 */
export function readEnvelope(bytes: Buffer, limits: Limits): Envelope {
  return envelopeOf(bytes, scanJson(bytes, jsonLimits(limits)))
}

/** The same for an event that was scanned already; the positions of the scan count from the start of `bytes`. */
export function envelopeOf(bytes: Buffer, scan: JsonScan): Envelope {
  if (!scan.ok) return { attributes: null, faults: [{ code: scan.fault.code, detail: scan.fault.detail }] }
  if (scan.kind !== 'object') {
    const detail = `a structured event is a JSON object, this is ${scan.kind === 'array' ? 'an array' : `a ${scan.kind}`}`
    return { attributes: null, faults: [{ pointer: '', code: 'not-an-object', detail }] }
  }
  return readMembers(bytes, scan.members)
}

/** Whether a member of a scanned text has this name, however it is escaped. */
export function hasMember(bytes: Buffer, members: readonly JsonMember[], name: string): boolean {
  return members.some((member) => hasName(bytes, member, name))
}

/** Whether this member of a scanned text has this name, however it is escaped. */
export function hasName(bytes: Buffer, { nameFrom, nameTo }: JsonMember, name: string): boolean {
  return nameTo - nameFrom >= name.length && stringAt(bytes, nameFrom - 1, nameTo + 1) === name
}

/** The limits of a JSON body out of all limits. */
export function jsonLimits(limits: Limits): { depth: number; members: number } {
  return { depth: limits.TAILRACE_LIMIT_JSON_DEPTH, members: limits.TAILRACE_LIMIT_JSON_MEMBERS }
}

/** The JSON pointer of a top-level member (RFC 6901). */
export function pointerTo(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function readMembers(bytes: Buffer, members: readonly JsonMember[]): Envelope {
  const attributes = new Map<string, string>()
  const faults: FieldFault[] = []
  const seen = new Set<string>()
  for (const member of members) {
    const name = stringAt(bytes, member.nameFrom - 1, member.nameTo + 1)
    const value = seen.has(name) ? duplicate : readMember(name, bytes, member)
    seen.add(name)
    if (typeof value === 'string') attributes.set(name, value)
    else if (value !== undefined) faults.push({ pointer: pointerTo(name), ...value })
  }
  if (seen.has('data') && seen.has('data_base64')) {
    faults.push({ pointer: '/data_base64', code: 'conflict', detail: 'data and data_base64 exclude each other' })
  }
  return { attributes, faults }
}

type Finding = { code: string; detail: string; fix?: string }
const duplicate: Finding = { code: 'duplicate', detail: 'the member stands twice', fix: 'remove one' }

/** The text of an attribute, undefined for data and for null (which means absent), or what is wrong. */
function readMember(name: string, bytes: Buffer, { from, to }: JsonMember): string | Finding | undefined {
  if (name === 'data') return undefined
  const kind = jsonKindAt(bytes, from)
  if (kind === 'null') return undefined
  if (name === 'data_base64') return kind === 'string' && isBase64(stringAt(bytes, from, to)) ? undefined : notBase64
  if (kind === 'string') return stringAt(bytes, from, to)
  const text = bytes.toString('latin1', from, to)
  if (isCore(name)) return { code: 'not-a-string', detail: `${name} must be a string` }
  if (kind === 'boolean' || (kind === 'number' && isInt32(text))) return text
  return { code: 'not-a-scalar', detail: 'an attribute is a string, a boolean or an integer of 32 bits' }
}

const core: ReadonlySet<string> = new Set(
  'specversion id source type time subject datacontenttype dataschema'.split(' '),
)
const isCore = (name: string) => core.has(name)

const notBase64: Finding = { code: 'not-base64', detail: 'data_base64 is no base64 (RFC 4648 §4, padded)' }
const base64 = /^[A-Za-z0-9+/]*={0,2}$/
const isBase64 = (text: string) => text.length % 4 === 0 && base64.test(text)

const isInt32 = (text: string) => /^-?\d{1,10}$/.test(text) && Number(text) === (Number(text) | 0)

function stringAt(bytes: Buffer, from: number, to: number): string {
  const text = bytes.toString('utf8', from + 1, to - 1)
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text
}
