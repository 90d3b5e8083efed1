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

/** `replaced`: the revision that the record took the place of, null when there was none. */
export type Applied =
  | { kind: 'applied'; replaced: number | null }
  | { kind: 'ignored' }
  | { kind: 'unreadable'; detail: string }

type Entry = { revision: number; value: object }

/**
 * The compacted catalog topic as a table: record key → last readable value. A record moves its key to the new value, a
 * tombstone removes it, an unreadable one (a newer version's, another master key's) leaves the last good value in place.
 */
export type CatalogView = {
  apply(record: StoredRecord): Applied
  /** Whether the topic has a record under this key, be it readable or not: only then may what belongs to it be removed. */
  has(key: string): boolean
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
  const present = new Set<string>()
  const lists = new Map<string, object[]>()
  const get = (key: string) => entries.get(key)?.value
  const list = (kind: RecordKind) => {
    const known = lists.get(kind) ?? sortedValues(entries, kind)
    lists.set(kind, known)
    return known
  }
  const subscriptions = () => list('subscription') as Subscription[]
  return {
    apply: (record) => {
      lists.clear()
      const key = record.key?.toString() ?? ''
      if (record.value === null) present.delete(key)
      else present.add(key)
      return apply(entries, record, box)
    },
    has: (key) => present.has(key),
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

function sortedValues(entries: ReadonlyMap<string, Entry>, kind: RecordKind): object[] {
  const ofKind = [...entries].filter(([key]) => key.startsWith(`${kind}/`))
  return ofKind.map(([, entry]) => entry.value).sort(byNewest)
}

function apply(entries: Map<string, Entry>, record: StoredRecord, box: SecretBox | null): Applied {
  const key = record.key?.toString() ?? ''
  const parsed = parseRecordKey(key)
  if (parsed === undefined || parsed.kind === 'hello') return { kind: 'ignored' }
  const replaced = entries.get(key)?.revision ?? null
  if (record.value === null) {
    entries.delete(key)
    return { kind: 'applied', replaced }
  }
  const reading = readRecord(parsed.kind, record.value)
  if (reading.kind === 'unreadable') return reading
  try {
    const value = parsed.kind === 'secret' ? openSecrets(parsed.name, reading.value, box) : reading.value
    entries.set(key, { revision: record.offset, value: withRevision(value, record.offset) })
    return { kind: 'applied', replaced }
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
