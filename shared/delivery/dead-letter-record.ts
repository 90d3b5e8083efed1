import { describeEvent } from '#shared/event/describe.ts'
import type { EventRecord, StoredRecord } from '#shared/event/record.ts'
import { formatSource, parseSource, type Source } from '#shared/event/source.ts'

/** Where a dead letter stands in the dead-letter topic. */
export type Place = { partition: number; offset: number }

/**
 * A delivery that ended without success, without its body. Its identity is `key`, `<uid>/<source>`: of several records with
 * one key the last counts.
 */
export type DeadLetter = {
  key: string
  at: Place
  /** Of the subscription, also when that is gone. */
  uid: string
  subscription: string
  /** Where the event stands in its stream. */
  source: Source
  eventId: string
  eventSource: string
  type: string
  /** As text; null for none. */
  eventKey: string | null
  cause: string
  code: string
  detail: string
  attempts: number
  firstAttemptAt: string
  lastAttemptAt: string
  /** Broker time of the record, ms. */
  deadAtMs: number
  contentType: string | null
  bytes: number
  /** The job whose delivery failed; null for a live one. */
  job: string | null
}

/** How a dead letter was settled: delivered after all, or given up by an operator. */
export type Settlement = 'redriven' | 'discarded'

/**
 * A record of the dead-letter topic: a dead letter; the mark that settles an earlier one of the same key, by which it is no
 * dead letter any more; or something that is neither.
 */
export type DeadLetterRecord =
  | { kind: 'dead-letter'; letter: DeadLetter }
  | { kind: 'settled'; key: string; job: string; as: Settlement }
  | { kind: 'foreign' }

/** The stream whose topic this is, or was: an event without CloudEvents attributes is named by it. */
export type StreamOf = (topic: string) => { name: string; defaultType: string | null }

/** Reads a record of the dead-letter topic. Never throws. */
export function readDeadLetter(record: StoredRecord, streamOf: StreamOf): DeadLetterRecord {
  const { headers } = record
  const key = record.key?.toString() ?? ''
  const kind = headers.tailrace_kind
  if (kind === 'redriven' || kind === 'discarded') {
    return { kind: 'settled', key, job: headers.tailrace_job ?? '', as: kind }
  }
  const source = parseSource(headers.tailrace_source ?? '')
  if (kind !== 'dead-letter' || source === null) return { kind: 'foreign' }
  return { kind: 'dead-letter', letter: letterOf(record, { key, source, streamOf }) }
}

/** The record that settles a dead letter; it goes behind it into the same partition. */
export function settlementOf(
  { key, source, subscription }: Pick<DeadLetter, 'key' | 'source' | 'subscription'>,
  { as, job }: { as: Settlement; job: string },
): EventRecord {
  const headers = { tailrace_kind: as, tailrace_source: formatSource(source), tailrace_subscription: subscription }
  return { key: Buffer.from(key), value: null, headers: { ...headers, tailrace_job: job } }
}

/** Whether the dead-letter topic could not take the body: only the stream has it. */
export const isBodyLeftOut = ({ headers }: StoredRecord): boolean => headers.tailrace_body === 'left-out'

/** The event of a dead letter as it stood in its stream; `key` as text, which is what receivers are told. */
export function eventOf(record: StoredRecord, source: Source): StoredRecord {
  const { tailrace_key: key } = record.headers
  const own = Object.entries(record.headers).filter(([name]) => !deadLetterHeaders.has(name))
  return {
    ...{ topic: source.topic, partition: source.partition, offset: source.offset, timestampMs: source.timestampMs },
    key: key === undefined ? null : Buffer.from(key),
    value: record.value,
    headers: Object.fromEntries(own),
  }
}

const deadLetterHeaders: ReadonlySet<string> = new Set(
  [
    ...['key', 'kind', 'source', 'subscription', 'cause', 'code', 'detail'],
    ...['attempts', 'first_attempt', 'last_attempt', 'job', 'body'],
  ].map((name) => `tailrace_${name}`),
)

type Known = { key: string; source: Source; streamOf: StreamOf }

function letterOf(record: StoredRecord, { key, source, streamOf }: Known): DeadLetter {
  const { headers, partition, offset, timestampMs } = record
  const died = new Date(timestampMs).toISOString()
  const event = describeEvent(eventOf(record, source), streamOf(source.topic))
  return {
    ...{ key, source, at: { partition, offset }, deadAtMs: timestampMs },
    uid: key.slice(0, Math.max(key.indexOf('/'), 0)),
    subscription: headers.tailrace_subscription ?? '',
    ...{ eventId: event.id, eventSource: event.source, type: event.type, contentType: event.contentType },
    eventKey: headers.tailrace_key ?? null,
    cause: headers.tailrace_cause ?? 'internal',
    code: headers.tailrace_code ?? '',
    detail: headers.tailrace_detail ?? '',
    attempts: Number(headers.tailrace_attempts ?? 0),
    firstAttemptAt: headers.tailrace_first_attempt ?? died,
    lastAttemptAt: headers.tailrace_last_attempt ?? died,
    bytes: record.value?.length ?? 0,
    job: headers.tailrace_job ?? null,
  }
}

const pipelineCauses: ReadonlySet<string> = new Set([
  'target-refused',
  'malformed-record',
  'too-large',
  'key-backlog',
  'internal',
])

/** Whether the receiver did not take it, or it ended before a receiver could say anything. */
export const kindOf = (cause: string): 'receiver' | 'pipeline' => (pipelineCauses.has(cause) ? 'pipeline' : 'receiver')
