import {
  type DeadLetterLine,
  type FaultLine,
  type HistoryLine,
  type LogLine,
  type PublishLine,
  parseEventId,
  type ReceiveLine,
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
  faults: readonly FaultLine[]
}

/** Which events a subscription must get: all of its stream. */
export type Scope = { subscription: string; stream: string }

/** Reads a whole history. Everything is found by the event id of the history, whatever ids the system gave out. */
export async function gatherFacts(lines: AsyncIterable<HistoryLine> | Iterable<HistoryLine>): Promise<Facts> {
  const publications = new Map<string, Publication>()
  const requests: PublishLine[] = []
  const receipts = new Map<string, Map<string, ReceiveLine[]>>()
  const deadLetters = new Map<string, Map<string, DeadLetterLine[]>>()
  const log = new Map<string, LogLine[]>()
  const faults: FaultLine[] = []
  for await (const line of lines) {
    if (line.op === 'publish') {
      requests.push(line)
      publications.set(line.id, lastWord(publications.get(line.id), line))
    } else if (line.op === 'receive') append(inner(receipts, line.subscription), line.id, line)
    else if (line.op === 'dead-letter') append(inner(deadLetters, line.subscription), line.id, line)
    else if (line.op === 'log') append(log, line.id, line)
    else faults.push(line)
  }
  return { publications, requests, receipts, deadLetters, log: log.size === 0 ? null : log, faults }
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

function inner<T>(outer: Map<string, Map<string, T>>, name: string): Map<string, T> {
  const known = outer.get(name)
  if (known !== undefined) return known
  const fresh = new Map<string, T>()
  outer.set(name, fresh)
  return fresh
}

function append<T>(lists: Map<string, T[]>, name: string, item: T): void {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [item])
  else list.push(item)
}
