import { isUtf8 } from 'node:buffer'
import { defaultLimits, type Limits } from '#shared/limits.ts'
import { type Attributes, attributeFaults } from './attributes.ts'
import { readEnvelope } from './envelope.ts'
import { structuredType } from './form.ts'
import { parseMediaType } from './media-type.ts'
import { positionOf, type RecordHeaders, type StoredRecord } from './record.ts'
import { fallbackType } from './to-record.ts'
import { webhookIdOf } from './webhook-id.ts'

/** What a reader of the log knows about one record. `contentType` is null for a CloudEvent without data type. */
export type EventDescription = {
  id: string
  source: string
  type: string
  time: string | null
  subject: string | null
  /** The key as text; bytes that are not UTF-8 as base64. */
  key: string | null
  contentType: string | null
  /** How the value is to be read; `plain` came from a Kafka client that knows nothing of CloudEvents. */
  mode: 'binary' | 'structured' | 'plain'
  webhookId: string
  /** Every CloudEvents attribute by name. */
  attributes: Attributes
  /** Why this record cannot be delivered; its id and source are then the position and the stream. */
  malformed?: string
}

type StreamNames = { name: string; defaultType: string | null }

/**
 * Describes a record of a stream, whoever wrote it: ours carry every attribute as a `ce_` header; a structured one of
 * another Kafka client carries them in its value only; one without CloudEvents is a plain event with defaults (its id is
 * its position). Never throws.
 */
export function describeEvent(stored: StoredRecord, stream: StreamNames): EventDescription {
  const fromHeaders = headerAttributes(stored.headers)
  const isStructured = hasEnvelope(stored)
  if (stored.value === null) return described({ stored, stream, malformed: 'the record has no value' })
  if (fromHeaders.size > 0) {
    return described({ stored, stream, attributes: fromHeaders, mode: isStructured ? 'structured' : 'binary' })
  }
  if (!isStructured) return described({ stored, stream })
  const { attributes, faults } = readEnvelope(stored.value, anySize)
  const malformed = faults[0] === undefined ? undefined : `the envelope is broken: ${faults[0].detail}`
  return described({ stored, stream, attributes: attributes ?? new Map(), mode: 'structured', malformed })
}

/**
 * The attributes by which `describeEvent` would describe the record, without a judgement of their values; null when they
 * cannot be read, or when there is no type among them. Never throws.
 */
export function attributesOf(stored: StoredRecord, stream: StreamNames): Attributes | null {
  const own = headerAttributes(stored.headers)
  if (own.size === 0 && !hasEnvelope(stored)) return plainAttributes(stored, stream)
  const attributes = own.size > 0 || stored.value === null ? own : readEnvelope(stored.value, anySize).attributes
  return attributes?.has('type') ? attributes : null
}

type Findings = {
  stored: StoredRecord
  stream: StreamNames
  attributes?: Attributes
  mode?: EventDescription['mode']
  malformed?: string | undefined
}

function described({ stored, stream, attributes, mode = 'plain', malformed }: Findings): EventDescription {
  const wrong = malformed ?? (attributes === undefined ? undefined : incomplete(attributes))
  const known = wrong === undefined && attributes !== undefined ? attributes : plainAttributes(stored, stream)
  const [id = '', source = '', type = ''] = ['id', 'source', 'type'].map((name) => known.get(name))
  const contentType = stored.headers['content-type'] ?? (mode === 'plain' ? 'application/octet-stream' : null)
  return {
    id,
    source,
    type,
    time: known.get('time') ?? null,
    subject: known.get('subject') ?? null,
    key: keyText(stored.key),
    contentType,
    mode,
    webhookId: webhookIdOf(source, id),
    attributes: known,
    ...(wrong === undefined ? {} : { malformed: wrong }),
  }
}

function plainAttributes(stored: StoredRecord, stream: StreamNames): Map<string, string> {
  return new Map([
    ['specversion', '1.0'],
    ['id', positionOf(stream.name, stored.partition, stored.offset)],
    ['source', `/streams/${stream.name}`],
    ['type', stream.defaultType ?? fallbackType],
    ['time', new Date(stored.timestampMs).toISOString()],
  ])
}

function hasEnvelope({ headers }: StoredRecord): boolean {
  const contentType = headers['content-type']
  return contentType !== undefined && parseMediaType(contentType)?.essence === structuredType
}

function headerAttributes(headers: RecordHeaders): Map<string, string> {
  const attributes = new Map<string, string>()
  for (const name in headers) if (name.startsWith('ce_')) attributes.set(name.slice(3), headers[name] ?? '')
  return attributes
}

/** What another writer got wrong; sizes were judged at the door, and a reader takes what the log holds. */
function incomplete(attributes: Attributes): string | undefined {
  const faults = attributeFaults(attributes, (name) => ({ header: `ce_${name}` }), anySize)
  return faults[0] === undefined ? undefined : `the CloudEvents attributes are wrong: ${faults[0].detail}`
}

const anySize = Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, Infinity])) as Limits

function keyText(key: Buffer | null): string | null {
  return key?.toString(isUtf8(key) ? 'utf8' : 'base64') ?? null
}
