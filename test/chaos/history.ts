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

/** One request a receiver answered; `ns` is the time of the answer. */
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
    /** Process id of whoever sent it; `null` when that is not a process of this machine, or was gone before it was looked up. */
    sender: number | null
    /** The job that it was sent for; `null` for a live delivery. */
    job: string | null
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
  }

/** Offsets above the committed one that are committed as well. */
export type FinishedRun = { start: number; length: number }

/** What the group of a subscription had committed at `ns` or before; `isLast` marks the sample after the last delivery. */
export type CommitLine = Seen &
  LogPosition & { op: 'commit'; subscription: string; finished: readonly FinishedRun[]; isLast: boolean }

/** Something that was done to the system. */
export type FaultLine = Seen & { op: 'fault'; fault: string; victim: string }

/** The system is whole again after the fault before it. */
export type WholeLine = Seen & { op: 'whole' }

export type HistoryLine =
  | PublishLine
  | ReceiveLine
  | LogLine
  | DeadLetterLine
  | RetryLine
  | CommitLine
  | FaultLine
  | WholeLine

export type HistoryWriter = { append(line: HistoryLine): void; close(): Promise<void> }

export const monotonicNs = (): number => Number(process.hrtime.bigint())

/** When something happened on the monotonic clock that the wall clock of this machine saw at `atMs`; right to a millisecond. */
export const monotonicNsAt = (atMs: number): number => monotonicNs() - (Date.now() - atMs) * 1e6

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
