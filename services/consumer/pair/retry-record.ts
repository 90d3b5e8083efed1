import type { EventRecord, RecordHeaders, StoredRecord } from '#shared/event/record.ts'
import { formatSource, parseSource, type Source } from '#shared/event/source.ts'

/**
 * The records of the retry partition: a table of waiting deliveries, identified by their source.
 *
 *   park   this delivery waits here; the event itself, with its own headers and ours
 *   done   this delivery is terminal; closes every earlier park of its source
 *   fence  a new owner has begun
 */
export type RetryRecord = Park | Done | Fence | { readonly kind: 'unreadable'; readonly detail: string }

export type Park = {
  readonly kind: 'park'
  readonly source: Source
  readonly owner: string
  /** When the head that it waited behind failed first, wall clock ms; null: it failed itself, when this was appended. */
  readonly clockAtMs: number | null
  /** Attempts that its owners counted, and the first of them (wall clock ms). */
  readonly attempts: number
  readonly firstAttemptAtMs: number | null
}

export type Done = { readonly kind: 'done'; readonly source: Source; readonly owner: string }
export type Fence = { readonly kind: 'fence'; readonly owner: string }

export type Ending = 'delivered' | 'dead-lettered' | 'expired'

const header = {
  kind: 'tailrace_kind',
  source: 'tailrace_source',
  owner: 'tailrace_owner',
  cause: 'tailrace_cause',
  clock: 'tailrace_clock',
  attempts: 'tailrace_attempts',
  firstAttempt: 'tailrace_first_attempt',
  outcome: 'tailrace_outcome',
} as const

const ours: ReadonlySet<string> = new Set(Object.values(header))

export function parkRecord(event: StoredRecord, park: Omit<Park, 'kind' | 'source'> & { cause: string }): EventRecord {
  const headers: Record<string, string> = {
    ...event.headers,
    [header.kind]: 'park',
    [header.source]: formatSource(event),
    [header.owner]: park.owner,
    [header.cause]: park.cause,
    [header.attempts]: String(park.attempts),
  }
  if (park.clockAtMs !== null) headers[header.clock] = String(Math.round(park.clockAtMs))
  if (park.firstAttemptAtMs !== null) headers[header.firstAttempt] = new Date(park.firstAttemptAtMs).toISOString()
  return { key: event.key, value: event.value, headers }
}

export function doneRecord(done: { key: Buffer | null; source: Source; owner: string; ending: Ending }): EventRecord {
  const { key, source, owner, ending } = done
  const headers = {
    [header.kind]: 'done',
    [header.source]: formatSource(source),
    [header.owner]: owner,
    [header.outcome]: ending,
  }
  return { key, value: null, headers }
}

export function fenceRecord(owner: string): EventRecord {
  return { key: null, value: null, headers: { [header.kind]: 'fence', [header.owner]: owner } }
}

export function readRetryRecord({ headers }: StoredRecord): RetryRecord {
  const kind = headers[header.kind]
  const owner = headers[header.owner] ?? ''
  if (kind === 'fence') return { kind, owner }
  if (kind !== 'park' && kind !== 'done') return { kind: 'unreadable', detail: `a record of kind ${kind}` }
  const source = parseSource(headers[header.source] ?? '')
  if (source === null) return { kind: 'unreadable', detail: `a ${kind} record without a source` }
  return kind === 'done' ? { kind, source, owner } : readPark(headers, source, owner)
}

/** The event of a park as it stood in the stream. */
export function parkedEvent({ key, value, headers }: StoredRecord, source: Source): StoredRecord {
  const own: Record<string, string> = {}
  for (const name in headers) if (!ours.has(name)) own[name] = headers[name] ?? ''
  return { ...source, key, value, headers: own }
}

function readPark(headers: RecordHeaders, source: Source, owner: string): Park {
  return {
    kind: 'park',
    source,
    owner,
    clockAtMs: numberOf(headers[header.clock]),
    attempts: numberOf(headers[header.attempts]) ?? 0,
    firstAttemptAtMs: timeOf(headers[header.firstAttempt]),
  }
}

const numberOf = (text: string | undefined): number | null => finite(Number(text ?? Number.NaN))

const timeOf = (text: string | undefined): number | null => finite(Date.parse(text ?? ''))

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)
