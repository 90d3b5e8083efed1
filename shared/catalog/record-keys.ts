/** One record key per concern, so that no writer overwrites what another one knows better. */
export const recordKey = {
  stream: (name: string) => `stream/${name}`,
  subscription: (uid: string) => `subscription/${uid}`,
  secret: (uid: string) => `secret/${uid}`,
  apiKey: (id: string) => `key/${id}`,
  state: (uid: string) => `state/${uid}`,
  position: (uid: string) => `position/${uid}`,
  job: (id: string) => `job/${id}`,
  jobState: (id: string) => `job-state/${id}`,
  retryNow: (uid: string) => `retry-now/${uid}`,
  hello: (instance: string) => `hello/${instance}`,
  /** Whose turn it is to make changes; see turns.ts. */
  turn: 'turn/changes',
}

/** What stands in the catalog beside the definition of a subscription. */
export const belongingsOf = (uid: string): string[] => [
  ...[recordKey.secret(uid), recordKey.state(uid), recordKey.position(uid), recordKey.retryNow(uid)],
]

/** The key of the record that this one is of no use without; undefined for one that stands for itself. */
export function ownerOf(key: string): string | undefined {
  const name = parseRecordKey(key)?.name ?? ''
  if (key === recordKey.jobState(name)) return recordKey.job(name)
  return belongingsOf(name).includes(key) ? recordKey.subscription(name) : undefined
}

export type RecordKind =
  | 'stream'
  | 'subscription'
  | 'secret'
  | 'key'
  | 'state'
  | 'position'
  | 'job'
  | 'job-state'
  | 'retry-now'
  | 'hello'
  | 'turn'

/** Kind and name of a record key; undefined for a key that this version does not know. */
export function parseRecordKey(key: string): { kind: RecordKind; name: string } | undefined {
  const slash = key.indexOf('/')
  const kind = key.slice(0, Math.max(slash, 0))
  return isKind(kind) ? { kind, name: key.slice(slash + 1) } : undefined
}

const kinds: ReadonlySet<string> = new Set([
  ...['stream', 'subscription', 'secret', 'key', 'state', 'position', 'job', 'job-state', 'retry-now', 'hello', 'turn'],
])
const isKind = (text: string): text is RecordKind => kinds.has(text)
