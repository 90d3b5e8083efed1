import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'

/** Where in the log an event stands. */
export type LogPosition = { topic: string; partition: number; offset: number }

/** CloudEvents attributes by name without `ce-`, extensions included. */
export type Attributes = Readonly<Record<string, string>>

/** What is compared wherever an event is seen: the body's digest, its content type, its attributes. */
export type Content = { sha256: string; contentType: string; attributes: Attributes }

/** `ns` is CLOCK_MONOTONIC: comparable between all processes of one machine. */
type Seen = { run: string; actor: string; ns: number }

/** One request of a publisher and how it ended. `unknown`: no answer, or one that leaves open whether it was stored. */
export type PublishLine = Seen &
  Content & {
    op: 'publish'
    stream: string
    key: string
    seq: number
    id: string
    outcome: 'acknowledged' | 'refused' | 'unknown'
    status: number | null
    code: string | null
    attempt: number
    /** When the schedule wanted it sent, and when it was; `ns` is the time of the answer. */
    dueNs: number
    sentNs: number
    position: LogPosition | null
  }

/**
 * One request that a receiver read; `ns` is the time of the answer. Where no status went out whole `status` is 0, and `ns` when
 * the connection ended.
 */
export type ReceiveLine = Seen &
  Content & {
    op: 'receive'
    subscription: string
    id: string
    status: number
    attempt: number
    arrivedNs: number
    partition: number
    offset: number
    /** `null` when nobody gave the receiver a secret to check with. */
    verified: boolean | null
    /** Process id of whoever sent it; `null` when that is not a process of this machine, a proxy of ours, or was gone before it was looked up. */
    sender: number | null
    /** The job that it was sent for; `null` for a live delivery. */
    job: string | null
    /** What the answer asked for by Retry-After; absent when it had none. */
    retryAfterMs?: number
  }

/** One record of a stream's topic as an independent reader saw it; `ns` is when the broker appended it, as for all records. */
export type LogLine = Seen & Content & LogPosition & { op: 'log'; id: string }

/** One record of the dead-letters topic as an independent reader saw it. */
export type DeadLetterLine = Seen &
  Content &
  LogPosition & { op: 'dead-letter'; id: string; subscription: string; headers: Readonly<Record<string, string>> }

/** One record of a subscription's retry topic as an independent reader saw it; `source` is null for a fence. */
export type RetryLine = Seen &
  LogPosition & {
    op: 'retry'
    subscription: string
    kind: 'park' | 'done' | 'fence'
    source: LogPosition | null
    owner: string
    /** Since when its event, or the head before it, has been failing, where a park says so; else since its own time. */
    clockNs?: number
  }

/** Offsets above the committed one that are committed as well. */
export type FinishedRun = { start: number; length: number }

/** What the group of a subscription had committed at `ns` or before; `isLast` marks the sample after the last delivery. */
export type CommitLine = Seen &
  LogPosition & { op: 'commit'; subscription: string; finished: readonly FinishedRun[]; isLast: boolean }

/**
 * Something that was done to the system; `victim` names every process that it hit. `gapMs`: how long no delivery may succeed
 * on account of it, where that is judged.
 */
export type FaultLine = Seen & { op: 'fault'; fault: string; victim: string; gapMs?: number }

/** Nothing holds the victims of the fault before it back any more: from here on the system may recover. */
export type UndoneLine = Seen & { op: 'undone' }

/** The system is whole again after the fault before it. */
export type WholeLine = Seen & { op: 'whole' }

/** A process ended that was signalled at `askedNs`. */
export type ExitLine = Seen & { op: 'exit'; victim: string; signal: string; askedNs: number }

/** From now on a receiver answers all requests well, some, or none. */
export type ModeLine = Seen & { op: 'mode'; subscription: string; serves: Serving }

export type Serving = 'all' | 'some' | 'none'

/** One record of a stream's topic as a second reader saw it while the run lasted: where it stands and what it is. */
export type RereadLine = Seen & LogPosition & { op: 'reread'; id: string; sha256: string }

/**
 * One of several equal requests with an Idempotency-Key, or one with that key and another body. `id` is the history's, `answeredId`
 * the one that the service gave out; `dedup` is what the answer says about its recognition.
 */
export type TwinLine = Seen & {
  op: 'twin'
  idempotencyKey: string
  id: string
  bodySha256: string
  status: number | null
  code: string | null
  answeredId: string | null
  position: LogPosition | null
  dedup: string | null
  sentNs: number
}

/** One request that no publisher should send, and the answer; null: the connection broke. */
export type BadRequestLine = Seen & {
  op: 'bad-request'
  id: string
  what: string
  status: number | null
  code: string | null
}

/** Which process id each name had at `ns`. */
export type ProcessesLine = Seen & { op: 'processes'; pids: Readonly<Record<string, number>> }

/** What the product itself says of a subscription when all is over. */
export type AccountLine = Seen & {
  op: 'account'
  subscription: string
  /** Records of its stream. */
  events: number | null
  lagEvents: number | null
  retrying: number | null
  deadLetters: number | null
}

/** How many deliveries each living consumer had counted by their outcome; of all subscriptions together. */
export type CountersLine = Seen & { op: 'counters'; consumers: readonly ConsumerCounters[] }

export type ConsumerCounters = { name: string; pid: number; delivered: number; deadLettered: number }

/** What became of a stream whose topic was made `unsafe` in some way, or was left safe (null); `status` is that of a publish. */
export type WiringLine = Seen & {
  op: 'wiring'
  stream: string
  unsafe: string | null
  phase: string
  status: number | null
}

/**
 * An instance went on with a subscription, by its own log: after a hold, or with partitions that it had just loaded. What
 * waits there may be due at once then.
 */
export type ResumeLine = Seen & { op: 'resume'; subscription: string; reason: 'hold-ended' | 'loaded' }

export type HistoryLine =
  | PublishLine
  | ReceiveLine
  | LogLine
  | DeadLetterLine
  | RetryLine
  | CommitLine
  | FaultLine
  | UndoneLine
  | WholeLine
  | ExitLine
  | ModeLine
  | RereadLine
  | TwinLine
  | BadRequestLine
  | ProcessesLine
  | AccountLine
  | CountersLine
  | WiringLine
  | ResumeLine

export type HistoryWriter = { append(line: HistoryLine): void; close(): Promise<void> }

export const monotonicNs = (): number => Number(process.hrtime.bigint())

/**
 * When something happened on the monotonic clock that the wall clock of this machine saw at `atMs`; right to a millisecond:
 * where this process had to wait for a processor between the two clocks, it looks at both again.
 */
export function monotonicNsAt(atMs: number, wallClock: () => number = Date.now): number {
  for (;;) {
    const beforeNs = monotonicNs()
    const nowMs = wallClock()
    if (monotonicNs() - beforeNs < 1e6) return beforeNs - (nowMs - atMs) * 1e6
  }
}

export const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex')

export type EventIdentity = { run: string; publisher: string; key: string; seq: number }

/** `run-publisher-key-seq`; only a key may contain dashes. */
export const formatEventId = ({ run, publisher, key, seq }: EventIdentity): string =>
  `${run}-${publisher}-${key}-${seq}`

export function parseEventId(id: string): EventIdentity | undefined {
  const [, run, publisher, key, seq] = /^([^-]+)-([^-]+)-(.+)-(\d+)$/s.exec(id) ?? []
  if (run === undefined || publisher === undefined || key === undefined) return undefined
  return { run, publisher, key, seq: Number(seq) }
}

/** `<topic>/<partition>/<offset>`, with or without `@<broker ms>`; undefined for anything else. */
export function parseSource(source: string): LogPosition | undefined {
  const [, topic, partition, offset] = /^([^/]+)\/(\d+)\/(\d+)(?:@\d+)?$/.exec(source) ?? []
  return topic === undefined ? undefined : { topic, partition: Number(partition), offset: Number(offset) }
}

/** Appends lines to a file of its own; one writer per process and file. */
export function openHistory(file: string): HistoryWriter {
  const stream = createWriteStream(file, { flags: 'a', highWaterMark: 1 << 20 })
  return {
    append: (line) => stream.write(`${JSON.stringify(line)}\n`),
    close: () => {
      stream.end()
      return finished(stream)
    },
  }
}

/** All lines of several files, file after file. */
export async function* readHistory(files: readonly string[]): AsyncGenerator<HistoryLine> {
  for (const file of files) {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      yield JSON.parse(text) as HistoryLine
    }
  }
}
