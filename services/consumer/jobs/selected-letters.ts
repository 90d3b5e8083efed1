import type { Job } from '#shared/catalog/job-schema.ts'
import type { Subscription } from '#shared/catalog/model.ts'
import { type DeadLetter, eventOf, isBodyLeftOut, readDeadLetter } from '#shared/delivery/dead-letter-record.ts'
import { inDeliveryOrder, isSelected, type Selection, selectionOf } from '#shared/delivery/dead-letter-selection.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { readRanges } from '#shared/kafka/read-ranges.ts'
import { orderOf } from './order.ts'
import { createRecordCache, type RecordCache } from './record-cache.ts'
import type { JobCounts, JobItem, JobSource } from './source.ts'

type Admin = Pick<KafkaAdmin, 'offsets' | 'offsetsAt' | 'read'>

export type LettersOptions = {
  admin: Admin
  /** The dead-letter topic. */
  topic: string
  job: Pick<Job, 'id' | 'kind' | 'select' | 'uid' | 'ends' | 'matched'>
  ordering: Subscription['ordering']
  /** False ends the reading early. */
  goesOn(): boolean
}

/**
 * The dead letters that a redrive or a discard is about. How far it is stands in the dead-letter topic itself: behind the
 * selection it finds the mark of each one that this job settled, and each one that died again under it.
 */
export async function openSelectedLetters(options: LettersOptions): Promise<JobSource> {
  const found = await find(options)
  const waiting = inDeliveryOrder([...found.pending.values()])
  const { admin, topic, job } = options
  const cache = createRecordCache(admin, topic)
  const caches = new Map<string, RecordCache>()
  const streamCache = (name: string) => {
    const known = caches.get(name) ?? createRecordCache(admin, name)
    caches.set(name, known)
    return known
  }
  const { counts } = found
  let expired = Math.max(0, job.matched - found.selected)
  const itemOf = (letter: DeadLetter): JobItem => ({
    ...{ letter, source: letter.source, askedToWait: null },
    order: orderOf(options.ordering, letter.source, letter.eventKey),
    load: () => load(letter, cache, streamCache),
  })
  return {
    async next(count) {
      const items = waiting.splice(0, count).map(itemOf)
      return { items, isLast: waiting.length === 0 }
    },
    ended(_item, ending) {
      counts.done += 1
      if (ending === 'delivered') counts.delivered += 1
      if (ending === 'dead-lettered') counts.deadLettered += 1
      if (ending === 'expired') expired += 1
    },
    counts: () => counts,
    cursor: () => ({}),
    seen: () => counts.done,
    missing: () => (expired === 0 ? null : `${expired} of ${job.matched} dead letters expired before their turn`),
  }
}

type Found = { pending: Map<string, DeadLetter>; selected: number; counts: JobCounts }

async function find({ admin, topic, job, goesOn }: LettersOptions): Promise<Found> {
  const search = createSearch(job)
  const bounds = await admin.offsets(topic)
  const starts = await startsOf(admin, topic, search.selection)
  const ranges = bounds.map(({ partition, low, high }) => ({
    ...{ partition, to: high },
    from: Math.max(low, starts.get(partition) ?? low),
  }))
  await readRanges(admin, { topic, ranges }, { onRecord: search.apply, goesOn })
  return search.found()
}

/** Nothing older than `since` is selected, and what settles it comes after it. */
async function startsOf(admin: Admin, topic: string, { sinceMs }: Selection): Promise<ReadonlyMap<number, number>> {
  if (sinceMs === null) return new Map()
  return new Map((await admin.offsetsAt(topic, sinceMs)).map(({ partition, offset }) => [partition, offset]))
}

/** Takes the records of the dead-letter topic, of each partition in order, and knows what is left to do. */
export function createSearch(job: LettersOptions['job']) {
  if (job.select === null) throw new TypeError(`job ${job.id} selects no dead letters`)
  const selection = selectionOf(job.select, job.uid)
  const pending = new Map<string, DeadLetter>()
  const counts = { done: 0, delivered: 0, deadLettered: 0 }
  let selected = 0
  const select = (record: StoredRecord) => {
    const read = readDeadLetter(record, anyStream)
    if (read.kind === 'dead-letter' && isSelected(read.letter, selection)) pending.set(read.letter.key, read.letter)
    else if (read.kind === 'dead-letter') pending.delete(read.letter.key)
    else if (read.kind === 'settled') pending.delete(read.key)
  }
  const follow = (record: StoredRecord) => {
    const read = readDeadLetter(record, anyStream)
    if (read.kind === 'foreign') return
    const key = read.kind === 'dead-letter' ? read.letter.key : read.key
    if (!pending.delete(key)) return
    // Settled, or dead again, since the job was asked for: by this job, or by somebody else, and then it is no more its part.
    selected += 1
    counts.done += 1
    const by = read.kind === 'dead-letter' ? read.letter.job : read.job
    if (by !== job.id) return
    if (read.kind === 'dead-letter') counts.deadLettered += 1
    else if (read.as === 'redriven') counts.delivered += 1
  }
  return {
    selection,
    apply(record: StoredRecord): void {
      if (record.offset < (job.ends[String(record.partition)] ?? 0)) select(record)
      else follow(record)
    },
    found: (): Found => ({ pending, counts, selected: selected + pending.size }),
  }
}

async function load(letter: DeadLetter, letters: RecordCache, streamOf: (topic: string) => RecordCache) {
  const record = await letters.record(letter.at.partition, letter.at.offset)
  if (record === null) return null
  if (!isBodyLeftOut(record)) return eventOf(record, letter.source)
  const { topic, partition, offset, timestampMs } = letter.source
  const event = await streamOf(topic).record(partition, offset)
  return event?.timestampMs === timestampMs ? event : null
}

/** A job does not ask for what depends on the stream. */
const anyStream = (topic: string) => ({ name: topic, defaultType: null })
