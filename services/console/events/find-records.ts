import type { DeadLetter } from '#shared/delivery/dead-letter-record.ts'
import { TailraceError } from '#shared/errors.ts'
import type { Console } from '../context.ts'
import { eventRowOf } from '../index/event-row.ts'
import type { EventRow } from '../index/queries/events.ts'
import { timeOrNull } from './answer.ts'
import { type EventPosition, parsePosition, readStored } from './stored.ts'

/** A record of an event, from the index, the log or a dead letter. */
export type Record = Omit<EventRow, 'streamNumber'>

export type Found = { records: Record[]; completeToMs: number | null }

/** So long a question waits for the index to know what was stored a moment ago. */
const patienceMs = 1_500

/** Where an event was stored, newest first: at least one. Rejects with `not-found` or `index-unavailable`. */
export async function findRecords(console: Console, id: string, source: string | null): Promise<Found> {
  const position = parsePosition(id)
  const at = position === null ? null : await recordAt(console, position)
  if (at !== null) return await withTwins(console, at)
  const known = await byId(console, id, source)
  if (known.length > 0) return { records: known, completeToMs: await completeToMs(console) }
  const isComplete = await console.index.catchUp(patienceMs)
  const records = await byId(console, id, source)
  if (records.length > 0) return { records, completeToMs: await completeToMs(console) }
  throw await notFound(console, isComplete)
}

/** The index may be missing: where an event stands is enough to read it from the log. */
async function recordAt(console: Console, at: EventPosition): Promise<Record | null> {
  const { index, catalog } = console
  const indexed = await index.ask('eventAt', at).catch(() => null)
  if (indexed !== null) return indexed
  const stream = catalog.stream(at.stream)
  const stored = stream === undefined ? null : await readStored(console, stream, at)
  if (stream !== undefined && stored !== null) return eventRowOf(stored, stream)
  const [letter] = await index.ask('lettersAt', at).catch(() => [])
  return letter === undefined ? null : recordOfLetter(console, letter)
}

/** The same event may have been stored again. */
async function withTwins(console: Console, record: Record): Promise<Found> {
  const twins = await byId(console, record.id, record.source).catch(() => [])
  const others = twins.filter(
    (one) => one.stream !== record.stream || one.partition !== record.partition || one.offset !== record.offset,
  )
  const records = [record, ...others].sort((a, b) => b.storedMs - a.storedMs)
  return { records, completeToMs: await completeToMs(console).catch(() => null) }
}

/** Of one source: that of the newest record, unless another one is asked for. */
async function byId(console: Console, id: string, source: string | null): Promise<Record[]> {
  const events: Record[] = await console.index.ask('findEvents', { id })
  const found = events.length > 0 ? events : await ofLetters(console, id)
  const meant = source ?? found[0]?.source
  return found.filter((one) => one.source === meant)
}

/** Dead letters outlive their events. Several subscriptions may have one of the same event. */
async function ofLetters(console: Console, id: string): Promise<Record[]> {
  const letters = await console.index.ask('lettersOf', { id })
  const byPlace = new Map(
    letters.map((letter) => [`${letter.source.topic}/${letter.source.partition}/${letter.source.offset}`, letter]),
  )
  return [...byPlace.values()].map((letter) => recordOfLetter(console, letter))
}

function recordOfLetter({ streamOf }: Pick<Console, 'streamOf'>, letter: DeadLetter): Record {
  const { source, eventId, eventSource, type, eventKey, bytes, contentType } = letter
  return {
    ...{ stream: streamOf(source.topic).name, partition: source.partition, offset: source.offset },
    ...{ storedMs: source.timestampMs, id: eventId, source: eventSource, type, key: eventKey, bytes, contentType },
    ...{ traceId: null, acceptedMs: null, acceptedBy: null },
  }
}

const completeToMs = async ({ index }: Pick<Console, 'index'>) => (await index.ask('indexStatus', null)).completeToMs

async function notFound({ index }: Pick<Console, 'index'>, isComplete: boolean): Promise<TailraceError> {
  const { completeToMs: toMs } = await index.ask('indexStatus', null)
  const to = timeOrNull(toMs)
  const first = await index.ask('firstMinute', null)
  const since =
    first === null ? '' : ` It goes back to ${new Date(first * 60_000).toISOString()}: an older event has expired.`
  const detail = isComplete
    ? `No event has this id, webhook-id or position. The index is complete.${since}`
    : `No event with this id, webhook-id or position is known yet: the index is complete to ${to ?? 'no moment yet'}.`
  return new TailraceError('not-found', detail, { extra: { indexCompleteTo: to, indexIsComplete: isComplete } })
}
