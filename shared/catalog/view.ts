import { noAccess, type TargetAccess } from '#shared/delivery/access.ts'
import { messageOf } from '#shared/errors.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { openAccess } from './destination-secrets.ts'
import type { Job, JobState } from './job-schema.ts'
import type { ApiKey, SigningSecret, Stream, Subscription, SubscriptionPosition, SubscriptionState } from './model.ts'
import { parseRecordKey, type RecordKind, recordKey } from './record-keys.ts'
import { type RetryNow, readRecord, type SecretRecord } from './records.ts'
import type { SecretBox } from './secrets.ts'
import { openSigningSecret } from './signing-secrets.ts'
import { revisionHeader, turnHeader } from './turns.ts'

/** `refused`: whoever wrote it had lost its turn, so it counts for nobody. */
export type Applied =
  | { kind: 'applied' }
  | { kind: 'ignored' }
  | { kind: 'refused' }
  | { kind: 'unreadable'; detail: string }

/** A record as it stands in the topic. Revision: its offset, or that of the record of which it is a copy. */
export type RawRecord = { revision: number; value: Buffer | null }

type Entry = { revision: number; value: object }

/**
 * The compacted catalog topic as a table: record key → last readable value. A record moves its key to the new value, a
 * tombstone removes it, an unreadable one (a newer version's, another master key's) leaves the last good value in place.
 */
export type CatalogView = {
  apply(record: StoredRecord): Applied
  /** Whether the topic has a record under this key, be it readable or not: only then may what belongs to it be removed. */
  has(key: string): boolean
  /** The keys of the records that are there, be they readable or not. */
  recordKeys(): string[]
  /** The offset of the last turn that was taken; -1 when there is none. */
  turn(): number
  /** Keys whose last record in the topic is a refused one, with the record that counts. */
  overwritten(): [key: string, record: RawRecord][]
  stream(name: string): Stream | undefined
  streams(): Stream[]
  subscription(name: string): Subscription | undefined
  subscriptionByUid(uid: string): Subscription | undefined
  subscriptions(): Subscription[]
  key(id: string): ApiKey | undefined
  keys(): ApiKey[]
  /** Newest first; empty when there are none, or none that the master key opens. */
  signingSecrets(uid: string): readonly SigningSecret[]
  /** What requests of this subscription carry and prove. Throws an Error that says which secret does not open, and why. */
  access(subscription: Pick<Subscription, 'uid' | 'destination'>): TargetAccess
  state(uid: string): SubscriptionState | undefined
  position(uid: string): SubscriptionPosition | undefined
  retryNow(uid: string): RetryNow | undefined
  job(id: string): Job | undefined
  jobs(): Job[]
  jobState(id: string): JobState | undefined
}

/** An empty view. Without a `box` the signing secrets stay closed. */
export function createView(box: SecretBox | null): CatalogView {
  const entries = new Map<string, Entry>()
  const present = new Map<string, RawRecord>()
  const overwritten = new Set<string>()
  const lists = new Map<string, object[]>()
  const get = (key: string) => entries.get(key)?.value
  const list = (kind: RecordKind) => {
    const known = lists.get(kind) ?? sortedValues(entries, kind)
    lists.set(kind, known)
    return known
  }
  const subscriptions = () => list('subscription') as Subscription[]
  const turn = () => present.get(recordKey.turn)?.revision ?? -1
  return {
    apply: (record) => {
      lists.clear()
      const key = record.key?.toString() ?? ''
      if (turnOf(record) < turn()) {
        overwritten.add(key)
        return { kind: 'refused' }
      }
      overwritten.delete(key)
      const raw = rawOf(record)
      if (raw.value === null) present.delete(key)
      else present.set(key, raw)
      return apply(entries, { ...record, offset: raw.revision }, box)
    },
    has: (key) => present.has(key),
    recordKeys: () => [...present.keys()],
    turn,
    overwritten: () => [...overwritten].map((key) => [key, present.get(key) ?? { revision: -1, value: null }]),
    stream: (name) => get(recordKey.stream(name)) as Stream | undefined,
    streams: () => list('stream') as Stream[],
    subscription: (name) => subscriptions().find((subscription) => subscription.name === name),
    subscriptionByUid: (uid) => get(recordKey.subscription(uid)) as Subscription | undefined,
    subscriptions,
    key: (id) => get(recordKey.apiKey(id)) as ApiKey | undefined,
    keys: () => list('key') as ApiKey[],
    signingSecrets: (uid) => (get(recordKey.secret(uid)) as SigningSecret[] | undefined) ?? [],
    access: ({ uid, destination }) => (box === null ? noAccess : openAccess(destination, { box, uid })),
    state: (uid) => get(recordKey.state(uid)) as SubscriptionState | undefined,
    position: (uid) => get(recordKey.position(uid)) as SubscriptionPosition | undefined,
    retryNow: (uid) => get(recordKey.retryNow(uid)) as RetryNow | undefined,
    job: (id) => get(recordKey.job(id)) as Job | undefined,
    jobs: () => list('job') as Job[],
    jobState: (id) => get(recordKey.jobState(id)) as JobState | undefined,
  }
}

/** A value is copied: it is a slice of everything that was fetched with it. */
function rawOf({ headers, offset, value }: StoredRecord): RawRecord {
  const copied = headers[revisionHeader]
  const revision = copied === undefined ? offset : Number(copied)
  return { revision, value: value === null ? null : Buffer.from(value) }
}

/** What is written in no turn, by consumers for example, is never refused. */
const turnOf = ({ headers }: StoredRecord): number => Number(headers[turnHeader] ?? Number.POSITIVE_INFINITY)

function sortedValues(entries: ReadonlyMap<string, Entry>, kind: RecordKind): object[] {
  const ofKind = [...entries].filter(([key]) => key.startsWith(`${kind}/`))
  return ofKind.map(([, entry]) => entry.value).sort(byNewest)
}

function apply(entries: Map<string, Entry>, record: StoredRecord, box: SecretBox | null): Applied {
  const key = record.key?.toString() ?? ''
  const parsed = parseRecordKey(key)
  if (parsed === undefined || parsed.kind === 'hello' || parsed.kind === 'turn') return { kind: 'ignored' }
  if (record.value === null) {
    entries.delete(key)
    return { kind: 'applied' }
  }
  const reading = readRecord(parsed.kind, record.value)
  if (reading.kind === 'unreadable') return reading
  try {
    const value = parsed.kind === 'secret' ? openSecrets(parsed.name, reading.value, box) : reading.value
    entries.set(key, { revision: record.offset, value: withRevision(value, record.offset) })
    return { kind: 'applied' }
  } catch (error) {
    return { kind: 'unreadable', detail: messageOf(error) }
  }
}

function openSecrets(uid: string, value: object, box: SecretBox | null): readonly SigningSecret[] {
  return box === null ? [] : (value as SecretRecord).signing.map((sealed) => openSigningSecret(box, uid, sealed))
}

const withRevision = (value: object, revision: number) => (Array.isArray(value) ? value : { ...value, revision })

function byNewest(a: object, b: object): number {
  const [left, right] = [a, b].map((value) => String(Reflect.get(value, 'createdAt'))) as [string, string]
  if (left !== right) return left < right ? 1 : -1
  return String(Reflect.get(a, 'name')) < String(Reflect.get(b, 'name')) ? -1 : 1
}
