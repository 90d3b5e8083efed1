import { setTimeout as sleep } from 'node:timers/promises'
import { TailraceError } from '#shared/errors.ts'
import type { EventRecord, RecordHeaders, StoredRecord } from '#shared/event/record.ts'
import type { KafkaConnection } from '#shared/kafka/connection.ts'
import { followTopic, type TopicFollower } from '#shared/kafka/follower.ts'
import type { ProduceLanes } from '#shared/kafka/lanes.ts'
import type { Log } from '#shared/observability/log.ts'
import { within } from '#shared/resilience/deadline.ts'
import { recordKey } from './record-keys.ts'
import type { SecretBox } from './secrets.ts'
import { shareRounds } from './shared-round.ts'
import { revisionHeader, turnHeader } from './turns.ts'
import { type Applied, type CatalogView, createView } from './view.ts'

/** What every process knows of streams, subscriptions and keys: the catalog topic in memory, followed live. */
export type Catalog = Omit<CatalogView, 'apply' | 'turn'> & {
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
   * Rejects with `revision-conflict` when it does not count because another process has taken the turn, with
   * `kafka-unavailable` or `outcome-unknown` when the log does not answer.
   */
  write(key: string, value: object | null): Promise<number>
  /**
   * From now on what this process writes counts until another one takes the turn, and this process knows all that counted
   * before. False when the topic could not be read to its end in time. For `inTurn`.
   */
  takeTurn(timeoutMs: number): Promise<boolean>
  /**
   * Writes once more what counts where the last record of a key is one that does not: compaction keeps only the last one.
   * To be called in a turn.
   */
  mend(): Promise<void>
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

type Observer = (record: StoredRecord, applied: Applied) => void

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
      for (const observe of observers) observe(record, applied)
      if (applied.kind === 'applied' && !isProgress(record)) announce.changed()
    },
  })
  const catchUp = shareRounds(() => follower.caughtUp(catchUpDeadlineMs).catch(notCaughtUp(options.log)))
  while (!(await catchUp())) await sleep(retryEveryMs)
  let turn: number | null = null
  const append = (key: string, value: Buffer | null, headers: RecordHeaders = {}) => {
    const inTurn = turn === null ? headers : { ...headers, [turnHeader]: String(turn) }
    return appendAndRead({ key: Buffer.from(key), value, headers: inTurn }, observers, options)
  }
  const write = (key: string, value: object | null) =>
    // The revision is the offset this record gets; the one it is based on would only mislead.
    append(key, value === null ? null : Buffer.from(JSON.stringify({ ...value, revision: undefined })))
  return {
    ...view,
    onChange: announce.listen,
    catchUp: (timeoutMs) => within(catchUp(), timeoutMs, false),
    staleMs: () => follower.lastFetchAgeMs(),
    write,
    async takeTurn(timeoutMs) {
      if (turn !== null && !(await within(catchUp(), timeoutMs, false))) return false
      if (turn !== null && turn === view.turn()) return true
      turn = null
      const taken = write(recordKey.turn, { by: options.instance, at: new Date().toISOString() })
      turn = await within(
        taken.catch(() => null),
        timeoutMs,
        null,
      )
      return turn !== null
    },
    async mend() {
      for (const [key, { value, revision }] of view.overwritten()) {
        await append(key, value, value === null ? {} : { [revisionHeader]: String(revision) })
      }
    },
    close: () => closeFollower(follower, options),
  }
}

/** How far a job is changes several times a second, and nobody has to act on it. */
const isProgress = ({ key }: StoredRecord): boolean => key?.toString().startsWith(recordKey.jobState('')) ?? false

async function appendAndRead(record: EventRecord, observers: Set<Observer>, options: CatalogOptions): Promise<number> {
  const key = record.key?.toString() ?? ''
  const seen = new Map<number, Applied>()
  let check = () => {}
  const observe: Observer = (read, applied) => {
    if (read.key?.toString() !== key) return
    seen.set(read.offset, applied)
    check()
  }
  observers.add(observe)
  try {
    const readBack = options.lanes.append(options.topic, 0, record).then(
      (offset) =>
        new Promise<number>((resolve) => {
          check = () => seen.has(offset) && resolve(offset)
          check()
        }),
    )
    const revision = await within(readBack, writeDeadlineMs, null)
    if (revision === null) throw outcomeUnknown(key)
    if (seen.get(revision)?.kind === 'refused') throw conflict(key)
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
  new TailraceError('revision-conflict', `another writer came between; ${key} is as it was`)

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
