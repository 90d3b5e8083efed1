import { setTimeout as sleep } from 'node:timers/promises'
import { TailraceError } from '#shared/errors.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { KafkaConnection } from '#shared/kafka/connection.ts'
import { followTopic, type TopicFollower } from '#shared/kafka/follower.ts'
import type { ProduceLanes } from '#shared/kafka/lanes.ts'
import type { Log } from '#shared/observability/log.ts'
import { within } from '#shared/resilience/deadline.ts'
import { recordKey } from './record-keys.ts'
import type { SecretBox } from './secrets.ts'
import { shareRounds } from './shared-round.ts'
import { type CatalogView, createView } from './view.ts'

/** What every process knows of streams, subscriptions and keys: the catalog topic in memory, followed live. */
export type Catalog = Omit<CatalogView, 'apply'> & {
  /**
   * Called after records were applied, within a second of their write anywhere, but not for the progress of jobs. Returns
   * how to stop that.
   */
  onChange(listener: () => void): () => void
  /**
   * Reads to the end of the topic as it is now; false when that took longer than `timeoutMs`. Shared: at most one round
   * per 100 ms however many ask, so that made-up names cost the log next to nothing.
   */
  catchUp(timeoutMs: number): Promise<boolean>
  /** Milliseconds since the topic last answered a fetch. */
  staleMs(): number
  /**
   * Writes one record (null removes it) and resolves with its offset, the revision, once this process has read it back.
   * `expected`: the revision this write is based on, null for none. Rejects with `revision-conflict` when another writer
   * came between, with `kafka-unavailable` or `outcome-unknown` when the log does not answer.
   */
  write(key: string, value: object | null, expected?: number | null): Promise<number>
  close(): Promise<void>
}

export type CatalogOptions = {
  connection: KafkaConnection
  topic: string
  /** A lane set with one shared producer; stays the caller's to close. */
  lanes: ProduceLanes
  /** Unique among running processes: names the hello record. */
  instance: string
  /** Opens signing secrets; null for a process that needs none. */
  box: SecretBox | null
  log: Log
}

const writeDeadlineMs = 9_000
const catchUpDeadlineMs = 10_000
const retryEveryMs = 200
const goodbyeDeadlineMs = 1_000

type Observer = (record: StoredRecord, replaced: number | null) => void

/** Follows the catalog topic and resolves when this process knows all of it. */
export async function openCatalog(options: CatalogOptions): Promise<Catalog> {
  const view = createView(options.box)
  const observers = new Set<Observer>()
  const announce = announcer()
  const follower = await followTopic({
    connection: options.connection,
    topic: options.topic,
    hello: helloOf(options),
    onRecord(record) {
      const applied = view.apply(record)
      if (applied.kind === 'unreadable') reportUnreadable(options.log, record, applied.detail)
      for (const observe of observers) observe(record, applied.kind === 'applied' ? applied.replaced : null)
      if (applied.kind === 'applied' && !isProgress(record)) announce.changed()
    },
  })
  const catchUp = shareRounds(() => follower.caughtUp(catchUpDeadlineMs).catch(notCaughtUp(options.log)))
  while (!(await catchUp())) await sleep(retryEveryMs)
  return {
    ...view,
    onChange: announce.listen,
    catchUp: (timeoutMs) => within(catchUp(), timeoutMs, false),
    staleMs: () => follower.lastFetchAgeMs(),
    write: (key, value, expected) => write({ key, value, expected }, observers, options),
    close: () => closeFollower(follower, options),
  }
}

/** How far a job is changes several times a second, and nobody has to act on it. */
const isProgress = ({ key }: StoredRecord): boolean => key?.toString().startsWith(recordKey.jobState('')) ?? false

type Write = { key: string; value: object | null; expected: number | null | undefined }

async function write({ key, value, expected }: Write, observers: Set<Observer>, options: CatalogOptions) {
  const seen = new Map<number, number | null>()
  let check = () => {}
  const observe: Observer = (record, replaced) => {
    if (record.key?.toString() !== key) return
    seen.set(record.offset, replaced)
    check()
  }
  observers.add(observe)
  try {
    // The revision is the offset this record gets; the one it is based on would only mislead.
    const body = value === null ? null : Buffer.from(JSON.stringify({ ...value, revision: undefined }))
    const appended = options.lanes.append(options.topic, 0, { key: Buffer.from(key), value: body, headers: {} })
    const readBack = appended.then(
      (offset) =>
        new Promise<number>((resolve) => {
          check = () => seen.has(offset) && resolve(offset)
          check()
        }),
    )
    const revision = await within(readBack, writeDeadlineMs, null)
    if (revision === null) throw outcomeUnknown(key)
    if (expected !== undefined && seen.get(revision) !== expected) throw conflict(key)
    return revision
  } finally {
    observers.delete(observe)
  }
}

const outcomeUnknown = (key: string) =>
  new TailraceError(
    'outcome-unknown',
    `${key} was not read back within ${writeDeadlineMs} ms; read it before repeating`,
  )

const conflict = (key: string) =>
  new TailraceError('revision-conflict', `another writer changed ${key} at the same time`)

/** Tells the listeners once per burst of records, after the last one of it was applied. */
function announcer() {
  const listeners = new Set<() => void>()
  let due = false
  const tell = () => {
    due = false
    for (const listener of listeners) listener()
  }
  return {
    changed() {
      if (!due) setImmediate(tell)
      due = true
    },
    listen(listener: () => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

const notCaughtUp = (log: Log) => (error: unknown) => {
  log.warn({ err: error }, 'the catalog topic cannot be read to its end yet')
  return false
}

function helloOf({ topic, lanes, instance }: CatalogOptions) {
  return {
    key: Buffer.from(recordKey.hello(instance)),
    append: async (record: Parameters<ProduceLanes['append']>[2]) => ({
      partition: 0,
      offset: await lanes.append(topic, 0, record),
    }),
  }
}

async function closeFollower(follower: TopicFollower, { topic, lanes, instance }: CatalogOptions): Promise<void> {
  const goodbye = lanes.append(topic, 0, { key: Buffer.from(recordKey.hello(instance)), value: null, headers: {} })
  await within(
    goodbye.catch(() => undefined),
    goodbyeDeadlineMs,
    undefined,
  )
  await follower.close()
}

function reportUnreadable(log: Log, record: StoredRecord, detail: string): void {
  const key = record.key?.toString()
  log.error({ key, offset: record.offset, detail }, 'a catalog record cannot be read; its last good value stays')
}
