import type { Attributes } from '../attributes.ts'
import { scanJson } from '../json-scan.ts'
import type { StoredRecord } from '../record.ts'
import { eventData } from '../schema/event-data.ts'

/**
 * What an expression calls `event`: the attributes by their names, and `data`, which is parsed when it is asked for. There
 * is no `data` when it is not JSON or absent. An object of no class, as cel-js tells maps by their constructor.
 */
export function celEventOf(record: StoredRecord, attributes: Attributes): object {
  if (attributes.has('constructor')) return new Map<string, unknown>([...attributes, ['data', dataOf(record)]])
  let isParsed = false
  let parsed: unknown
  const event = {
    get data() {
      if (!isParsed) parsed = dataOf(record)
      isParsed = true
      return parsed
    },
  }
  for (const [name, value] of attributes) if (name !== 'data') Reflect.set(event, name, value)
  return event
}

/** As the door lets in: what a bound topic brings beyond that could keep the parser, and then everybody, for long. */
const limits = { depth: 64, members: 10_000 }

function dataOf(record: StoredRecord): unknown {
  const data = eventData(record, parseWithin)
  if (data.kind === 'none') return undefined
  return mayNameConstructor(record.value) ? withoutConstructor(data.value) : data.value
}

function parseWithin(bytes: Buffer): unknown {
  const scan = scanJson(bytes, limits)
  if (scan.ok) return JSON.parse(bytes.toString())
  throw Object.assign(new Error(scan.fault.detail), { code: codes[scan.fault.code] })
}

const codes = {
  'json-invalid': 'data_invalid',
  'not-utf8': 'data_invalid',
  'too-deep': 'data_too_deep',
  'too-many-members': 'data_too_large',
  'too-large': 'data_too_large',
} as const

/** cel-js asks each object for its constructor, and believes the data when they have a member of that name. */
const mayNameConstructor = (bytes: Buffer | null) => bytes?.includes('"constructor"') || bytes?.includes('\\u')

/** The same with maps for such objects, wherever they stand. */
function withoutConstructor(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutConstructor)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([name, member]) => [name, withoutConstructor(member)] as const)
  return Object.hasOwn(value, 'constructor') ? new Map(members) : Object.fromEntries(members)
}
