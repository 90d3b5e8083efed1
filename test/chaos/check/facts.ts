import { isDeepStrictEqual } from 'node:util'
import {
  type AccountLine,
  type BadRequestLine,
  type CommitLine,
  type Content,
  type CountersLine,
  type DeadLetterLine,
  type ExitLine,
  type FaultLine,
  type HistoryLine,
  type LogLine,
  type ModeLine,
  type ProcessesLine,
  type PublishLine,
  parseEventId,
  type ReceiveLine,
  type RereadLine,
  type ResumeLine,
  type RetryLine,
  type TwinLine,
  type WiringLine,
} from '../history.ts'

/** What became of one event at the door: the last word of its publisher over all requests for it. */
export type Publication = PublishLine & { publisher: string }

/** A history put in order for the checkers. `log` is null when no tap read the topic. */
export type Facts = {
  publications: ReadonlyMap<string, Publication>
  requests: readonly PublishLine[]
  receipts: ReadonlyMap<string, ReadonlyMap<string, readonly ReceiveLine[]>>
  deadLetters: ReadonlyMap<string, ReadonlyMap<string, readonly DeadLetterLine[]>>
  log: ReadonlyMap<string, readonly LogLine[]> | null
  /** Per subscription; a record that two taps saw is there twice. */
  retries: ReadonlyMap<string, readonly RetryLine[]>
  commits: ReadonlyMap<string, readonly CommitLine[]>
  faults: readonly FaultSpan[]
  exits: readonly ExitLine[]
  /** Per subscription, in the order of time. */
  modes: ReadonlyMap<string, readonly ModeLine[]>
  /** Per partition by offset: what the second reader saw. */
  rereads: ReadonlyMap<number, ReadonlyMap<number, Reread>>
  twins: readonly TwinLine[]
  badRequests: readonly BadRequestLine[]
  processes: readonly ProcessesLine[]
  accounts: readonly AccountLine[]
  counters: readonly CountersLine[]
  wirings: readonly WiringLine[]
  /** Per subscription. */
  resumptions: ReadonlyMap<string, readonly ResumeLine[]>
}

export type Reread = Pick<RereadLine, 'topic' | 'id' | 'sha256'>

/** A fault, when its victims were let go, and when the system was whole again after it, where that was waited for. */
export type FaultSpan = FaultLine & { undoneNs?: number; wholeNs?: number }

/**
 * Which events a subscription must get: all of its stream; and what it was set to, where that is not the default. Retries
 * are only judged with a schedule.
 */
export type Scope = {
  subscription: string
  stream: string
  scheduleMs?: readonly number[]
  giveUpAfterMs?: number
  timeoutMs?: number
  /** Since when it delivers, monotonic ns; absent for one that did when the run began. */
  sinceNs?: number
}

/** Reads a whole history. Everything is found by the event id of the history, whatever ids the system gave out. */
export async function gatherFacts(lines: AsyncIterable<HistoryLine> | Iterable<HistoryLine>): Promise<Facts> {
  const publications = new Map<string, Publication>()
  const requests: PublishLine[] = []
  const receipts = new Map<string, Map<string, ReceiveLine[]>>()
  const deadLetters = new Map<string, Map<string, DeadLetterLine[]>>()
  const log = new Map<string, LogLine[]>()
  const retries = new Map<string, RetryLine[]>()
  const commits = new Map<string, CommitLine[]>()
  const faults: FaultSpan[] = []
  const exits: ExitLine[] = []
  const modes = new Map<string, ModeLine[]>()
  const rereads = new Map<number, Map<number, Reread>>()
  const twins: TwinLine[] = []
  const badRequests: BadRequestLine[] = []
  const processes: ProcessesLine[] = []
  const accounts: AccountLine[] = []
  const counters: CountersLine[] = []
  const wirings: WiringLine[] = []
  const resumptions = new Map<string, ResumeLine[]>()
  for await (const line of lines) {
    switch (line.op) {
      case 'publish':
        requests.push(line)
        publications.set(line.id, lastWord(publications.get(line.id), line))
        break
      case 'receive':
        append(inner(receipts, line.subscription), line.id, sharing(line, publications.get(line.id)))
        break
      case 'dead-letter':
        append(inner(deadLetters, line.subscription), line.id, line)
        break
      case 'log':
        append(log, line.id, sharing(line, publications.get(line.id)))
        break
      case 'retry':
        append(retries, line.subscription, line)
        break
      case 'commit':
        append(commits, line.subscription, line)
        break
      case 'fault':
        faults.push(line)
        break
      case 'undone':
        faults.push(...faults.splice(-1).map((fault) => ({ ...fault, undoneNs: line.ns })))
        break
      case 'whole':
        faults.push(...faults.splice(-1).map((fault) => ({ ...fault, wholeNs: line.ns })))
        break
      case 'exit':
        exits.push(line)
        break
      case 'mode':
        append(modes, line.subscription, line)
        break
      case 'reread':
        inner(rereads, line.partition).set(line.offset, rereadOf(line, publications.get(line.id)))
        break
      case 'twin':
        twins.push(line)
        break
      case 'bad-request':
        badRequests.push(line)
        break
      case 'processes':
        processes.push(line)
        break
      case 'account':
        accounts.push(line)
        break
      case 'counters':
        counters.push(line)
        break
      case 'wiring':
        wirings.push(line)
        break
      case 'resume':
        append(resumptions, line.subscription, line)
        break
      default:
        line satisfies never
    }
  }
  const seenLog = log.size === 0 ? null : log
  return {
    ...{ publications, requests, receipts, deadLetters, log: seenLog, retries, commits, faults, exits, modes, rereads },
    ...{ twins, badRequests, processes, accounts, counters, wirings, resumptions },
  }
}

/** Receipts of one subscription by event id. */
export const receiptsOf = (facts: Facts, scope: Scope): ReadonlyMap<string, readonly ReceiveLine[]> =>
  facts.receipts.get(scope.subscription) ?? new Map()

/** Dead letters of one subscription by event id. */
export const deadLettersOf = (facts: Facts, scope: Scope): ReadonlyMap<string, readonly DeadLetterLine[]> =>
  facts.deadLetters.get(scope.subscription) ?? new Map()

export const succeeded = (receipt: ReceiveLine): boolean => receipt.status >= 200 && receipt.status < 300

/** The acknowledged events of a stream, one sequence per publisher and key, in the order in which they were published. */
export function acknowledgedSequences(facts: Facts, stream: string): Publication[][] {
  const sequences = new Map<string, Publication[]>()
  for (const publication of facts.publications.values()) {
    if (publication.stream !== stream || publication.outcome !== 'acknowledged') continue
    append(sequences, `${publication.publisher} ${publication.key}`, publication)
  }
  return [...sequences.values()].map((sequence) => sequence.sort((a, b) => a.seq - b.seq))
}

/** An acknowledgement is final; a refusal is one only if no earlier request for the event was left open. */
function lastWord(before: Publication | undefined, line: PublishLine): Publication {
  const publisher = parseEventId(line.id)?.publisher ?? line.actor
  if (before?.outcome === 'acknowledged') return before
  if (before?.outcome === 'unknown' && line.outcome === 'refused') return { ...line, publisher, outcome: 'unknown' }
  return { ...line, publisher }
}

/** The same line, with the content of its event in place of an equal one of its own: a long history fits into memory. */
function sharing<T extends Content>(line: T, publication: Content | undefined): T {
  if (publication === undefined) return line
  const { sha256, contentType, attributes } = publication
  return {
    ...line,
    ...(line.sha256 === sha256 ? { sha256 } : {}),
    ...(line.contentType === contentType ? { contentType } : {}),
    ...(isDeepStrictEqual(line.attributes, attributes) ? { attributes } : {}),
  }
}

/** The texts of its event stand for equal ones of its own. */
function rereadOf({ topic, id, sha256 }: RereadLine, publication: Publication | undefined): Reread {
  if (publication === undefined) return { topic, id, sha256 }
  return { topic, id: publication.id, sha256: publication.sha256 === sha256 ? publication.sha256 : sha256 }
}

function inner<Name, Key, T>(outer: Map<Name, Map<Key, T>>, name: Name): Map<Key, T> {
  const known = outer.get(name)
  if (known !== undefined) return known
  const fresh = new Map<Key, T>()
  outer.set(name, fresh)
  return fresh
}

function append<T>(lists: Map<string, T[]>, name: string, item: T): void {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [item])
  else list.push(item)
}
