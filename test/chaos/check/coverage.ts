import type { CommitLine, LogPosition, RetryLine } from '../history.ts'
import { parseSource } from '../history.ts'
import { deadLettersOf, type Facts, receiptsOf, type Scope, succeeded } from './facts.ts'

/**
 * One event of a partition: when the broker appended it, from when it is over, and during which times a retry record of its
 * own kept it. Monotonic ns.
 */
export type Cover = { id: string; appendedNs: number; terminalNs: number; parks: readonly Park[] }

/** A retry record and when it was closed; Infinity while it is open. */
export type Park = { partition: number; offset: number; source: LogPosition | null; fromNs: number; untilNs: number }

/** Broker times are whole milliseconds, and so is the wall clock that they are compared with. */
export const clockErrorNs = 2e6

/** Whether nothing of the event would be missed if all before it were forgotten at `ns`. */
export const isCovered = ({ terminalNs, parks }: Cover, ns: number): boolean =>
  terminalNs <= ns || parks.some(({ fromNs, untilNs }) => fromNs <= ns && ns < untilNs)

/** Whether an event at this offset is committed: below the committed offset or in one of the runs above it. */
export const isCommitted = ({ offset, finished }: Pick<CommitLine, 'offset' | 'finished'>, at: number): boolean =>
  at < offset || finished.some(({ start, length }) => at >= start && at < start + length)

/** The events of a stream by partition and offset, with what became of each for one subscription. */
export function coverage(facts: Facts, scope: Scope): Map<number, Map<number, Cover>> {
  const terminal = terminalTimes(facts, scope)
  const parks = Map.groupBy(parksOf(facts, scope), ({ source }) => placeOf(source))
  const partitions = new Map<number, Map<number, Cover>>()
  for (const [id, lines] of facts.log ?? []) {
    for (const line of lines) {
      const place = placeOf(line)
      const offsets = partitions.get(line.partition) ?? new Map<number, Cover>()
      partitions.set(line.partition, offsets)
      const terminalNs = terminal.get(place) ?? Infinity
      offsets.set(line.offset, { id, appendedNs: line.ns, terminalNs, parks: parks.get(place) ?? [] })
    }
  }
  return partitions
}

/** Every park of a subscription, each record once. A `done` closes all earlier parks of its source. */
export function parksOf(facts: Facts, { subscription }: Scope): Park[] {
  const records = new Map<string, RetryLine>()
  for (const line of facts.retries.get(subscription) ?? []) records.set(`${line.partition}/${line.offset}`, line)
  const lines = [...records.values()]
  const dones = Map.groupBy(
    lines.filter(({ kind }) => kind === 'done'),
    ({ source }) => placeOf(source),
  )
  return lines
    .filter(({ kind }) => kind === 'park')
    .map(({ partition, offset, source, ns }) => {
      const closing = (dones.get(placeOf(source)) ?? []).filter((done) => done.offset > offset)
      const untilNs = Math.min(...closing.map((done) => done.ns)) + clockErrorNs
      return { partition, offset, source, fromNs: ns - clockErrorNs, untilNs }
    })
}

/** When each position was first answered with success or dead-lettered. */
function terminalTimes(facts: Facts, scope: Scope): Map<string, number> {
  const times = new Map<string, number>()
  const note = (place: string, ns: number) => times.set(place, Math.min(ns, times.get(place) ?? Infinity))
  for (const receipts of receiptsOf(facts, scope).values()) {
    for (const receipt of receipts) if (succeeded(receipt)) note(placeOf(receipt), receipt.ns)
  }
  for (const letters of deadLettersOf(facts, scope).values()) {
    for (const { headers, ns } of letters) {
      note(placeOf(parseSource(headers.tailrace_source ?? '') ?? null), ns - clockErrorNs)
    }
  }
  return times
}

const placeOf = (at: { partition: number; offset: number } | null): string => `${at?.partition}/${at?.offset}`
