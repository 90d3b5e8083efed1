import type { LogBatch, LogEntry, LoggedRange } from '#shared/delivery/log/entries.ts'
import { batchOwner, readBatch } from '#shared/delivery/log/read-batch.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { partitionForKey } from '#shared/kafka/partitioner.ts'
import { deliveryOf, passedOverDelivery } from './answer.ts'
import { cursorOf, isBehind, type Place } from './cursor.ts'
import type { StateNames } from './live-state.ts'
import { type Budget, isSpent, newestFirst, type Part } from './newest-first.ts'

/** What is asked for; null and undefined: everything. Times are wall clock, ms. */
export type DeliveryFilter = {
  uid: string | null
  /** Of a subscription that was deleted, whose uid only the log knows. */
  name: string | null
  state: string | undefined
  key: string | undefined
  type: string | undefined
  target: string | undefined
  sinceMs: number | null
  untilMs: number | null
}

export type ListOptions = {
  admin: Pick<KafkaAdmin, 'read' | 'offsets' | 'offsetsAt'>
  topic: string
  filter: DeliveryFilter
  after: Place | null
  limit: number
  names: StateNames
}

type Item = ReturnType<typeof deliveryOf>

/** One question reads so much of the log and takes so long at most; its answer says where the next one goes on. */
const listBudget = { bytes: 8 * 1024 * 1024, ms: 4_000 }
/** Beside that, for what stands before the cursor: who was told about later is known by reading it. */
const rereadBytes = 4 * 1024 * 1024

/** A record may be written so long after what it tells about: 2 s of trying, and clocks that differ. */
const slackMs = 60_000

/**
 * Deliveries by their newest entry in the attempts log, newest first. The log is read backwards within a budget, so a page
 * may hold fewer than `limit` although more follow: `next` says. What stands before the cursor, or is later than `until`,
 * is read all the same, as far as the budget goes, to know which deliveries have a newer entry.
 */
export async function listDeliveries(options: ListOptions): Promise<{ items: Item[]; next: string | null }> {
  const { admin, filter } = options
  const parts = await partsOf(options)
  const page = new Page(options)
  const begin = beginOf(options)
  if (begin !== null) {
    const reread = budgetOf({ ...listBudget, bytes: rereadBytes })
    for await (const record of newestFirst(admin, parts, reread)) {
      if (isBehind({ ...placeOf(record), index: 0 }, { ...begin, index: 0 }) || isSame(record, begin)) break
      page.pass(record)
    }
  }
  const rest = begin === null ? parts : await before(options, parts, begin.atMs)
  const budget = budgetOf(listBudget)
  for await (const record of newestFirst(admin, rest, budget)) {
    if (filter.sinceMs !== null && record.timestampMs < filter.sinceMs - slackMs) return page.end()
    if (page.take(record)) return page.full()
  }
  return isSpent(budget) ? page.full() : page.end()
}

const budgetOf = ({ bytes, ms }: typeof listBudget): Budget => ({ bytesLeft: bytes, untilMs: performance.now() + ms })

class Page {
  readonly #options: ListOptions
  readonly #items: Item[] = []
  readonly #told = new Told()
  #last: Place | null

  constructor(options: ListOptions) {
    this.#options = options
    this.#last = options.after
  }

  /** Reads whom a record tells about, without showing any. */
  pass(record: StoredRecord): void {
    const batch = this.#read(record)
    if (batch === null) return
    for (const entry of batch.entries) this.#told.isNew(batch, entry.offset)
    for (const range of batch.ranges) this.#told.noteRange(batch, range)
  }

  /** Shows what a record tells; true when the page is full before its end. */
  take(record: StoredRecord): boolean {
    const { after, limit } = this.#options
    const batch = this.#read(record)
    const place = placeOf(record)
    // One with nothing but comparisons tells of no delivery; it is behind us all the same.
    if (batch === null || batch.entries.length + batch.ranges.length === 0) {
      this.#last = { ...place, index: 0 }
      return false
    }
    const skipped = after !== null && isSame(record, after) ? after.index : -1
    for (const { item, index } of this.#itemsOf(batch, skipped)) {
      const here = { ...place, index }
      if (after !== null && !isBehind(here, after)) continue
      if (item !== null && this.#items.length === limit) return true
      if (item !== null) this.#items.push(item)
      this.#last = here
    }
    return false
  }

  full() {
    return { items: this.#items, next: this.#last === null ? null : cursorOf(this.#last) }
  }

  end() {
    return { items: this.#items, next: null }
  }

  #read(record: StoredRecord): LogBatch | null {
    const { uid, name } = this.#options.filter
    if (uid !== null && batchOwner(record)?.uid !== uid) return null
    if (name !== null && record.headers.tailrace_subscription !== name) return null
    return readBatch(record)
  }

  /**
   * What a record tells, numbered; null: not asked for, or told about by a newer entry. Of events that were passed over, of
   * which there may be millions, those up to the number `known` are left out.
   */
  *#itemsOf(batch: LogBatch, known: number): Generator<{ item: Item | null; index: number }> {
    const newestFirst = batch.entries
      .map((entry, at) => ({ entry, at }))
      .sort((a, b) => b.entry.atMs - a.entry.atMs || b.at - a.at)
    let index = 0
    for (const { entry } of newestFirst) yield { item: this.#itemOf(batch, entry), index: index++ }
    for (const range of batch.ranges) {
      const { from, to } = range
      for (let at = Math.max(0, known + 1 - index); this.#isOfRange(range) && at < to - from; at += 1) {
        const offset = to - 1 - at
        const item = this.#told.has(batch, offset) ? null : passedOverDelivery(batch, offset, range)
        yield { item, index: index + at }
      }
      this.#told.noteRange(batch, range)
      index += to - from
    }
  }

  #itemOf(batch: LogBatch, entry: LogEntry): Item | null {
    const { names } = this.#options
    if (!this.#told.isNew(batch, entry.offset)) return null
    const state = names.of(batch, entry)
    return this.#isWanted(entry, state) ? deliveryOf(batch, entry, names) : null
  }

  #isWanted(entry: LogEntry, found: string): boolean {
    const { state, key, type, target, sinceMs, untilMs } = this.#options.filter
    return (
      (state === undefined || state === found) &&
      (key === undefined || entry.key === key) &&
      (type === undefined || entry.type === type) &&
      (target === undefined || entry.list.some(({ url }) => url === target)) &&
      (sinceMs === null || entry.atMs >= sinceMs) &&
      (untilMs === null || entry.atMs < untilMs)
    )
  }

  /** Of events that were passed over only the range is known. */
  #isOfRange({ state: found, atMs }: LoggedRange): boolean {
    const { state, key, type, target, sinceMs, untilMs } = this.#options.filter
    const isAsked = (state ?? found) === found && (key ?? type ?? target) === undefined
    return isAsked && (sinceMs === null || atMs >= sinceMs) && (untilMs === null || atMs < untilMs)
  }
}

/** Deliveries that were met. Those of 8 MiB of the log are a million at most, so a set of numbers each. */
class Told {
  readonly #offsets = new Map<string, Set<number>>()
  readonly #ranges = new Map<string, LoggedRange[]>()

  has(batch: LogBatch, offset: number): boolean {
    const name = nameOf(batch)
    const isWithin = ({ from, to }: LoggedRange) => offset >= from && offset < to
    return (this.#offsets.get(name)?.has(offset) ?? false) || (this.#ranges.get(name)?.some(isWithin) ?? false)
  }

  /** Notes it; true at the first time. */
  isNew(batch: LogBatch, offset: number): boolean {
    if (this.has(batch, offset)) return false
    const known = this.#offsets.get(nameOf(batch)) ?? new Set()
    this.#offsets.set(nameOf(batch), known.add(offset))
    return true
  }

  noteRange(batch: LogBatch, range: LoggedRange): void {
    this.#ranges.set(nameOf(batch), [...(this.#ranges.get(nameOf(batch)) ?? []), range])
  }
}

const nameOf = ({ uid, partition }: LogBatch): string => `${uid}/${partition}`

/** Where the page begins, if not at the end of the log. */
function beginOf({ after, filter: { untilMs } }: ListOptions): Place | null {
  if (after !== null || untilMs === null) return after
  return { atMs: untilMs + slackMs, partition: -1, offset: -1, index: 0 }
}

/** The partitions of the log that may hold an answer. */
async function partsOf({ admin, topic, filter }: ListOptions): Promise<Part[]> {
  const bounds = await admin.offsets(topic)
  const own = filter.uid === null ? null : partitionForKey(Buffer.from(filter.uid), Math.max(1, bounds.length))
  return bounds
    .filter(({ partition }) => own === null || partition === own)
    .map(({ partition, low, high }) => ({ topic, partition, low, high }))
}

async function before({ admin, topic }: ListOptions, parts: readonly Part[], atMs: number): Promise<Part[]> {
  const ends = new Map((await admin.offsetsAt(topic, atMs + 1)).map(({ partition, offset }) => [partition, offset]))
  return parts.map((part) => ({ ...part, high: Math.min(part.high, ends.get(part.partition) ?? part.high) }))
}

const placeOf = ({ timestampMs, partition, offset }: StoredRecord) => ({ atMs: timestampMs, partition, offset })

const isSame = ({ partition, offset }: StoredRecord, place: Place) =>
  partition === place.partition && offset === place.offset
