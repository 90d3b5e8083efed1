import { zstdCompressSync } from 'node:zlib'
import type { EventRecord } from '#shared/event/record.ts'
import type { Side } from '../comparison.ts'
import type { LogEntry, LoggedAttempt, LoggedComparison, LoggedRange } from './entries.ts'
import { isFirstTry } from './entries.ts'
import { type Columns, formatVersion, type WireAttempt, type WireComparison, type WireEntry } from './wire-form.ts'

export type BatchOwner = {
  uid: string
  subscription: string
  stream: string
  partition: number
  instance: string
  job: string | null
}

/** A summary takes about 25 bytes before compression; keys and types come on top. */
const summaryBytes = 25
const entryBytes = 200
const comparisonBytes = 60
const mismatchBytes = 240

/**
 * Gathers entries of one subscription and partition and makes one record of them. First-try successes go into columns of
 * numbers, which cost a twentieth of an object each to write and compress to 2 to 4 bytes.
 */
export class BatchBuilder {
  readonly #owner: BatchOwner
  #columns = emptyColumns()
  #entries: WireEntry[] = []
  #ranges: LoggedRange[] = []
  #comparisons: WireComparison[] = []
  #urls = new Dictionary()
  #types = new Dictionary()
  #baseMs = 0
  #bytes = 0

  constructor(owner: BatchOwner) {
    this.#owner = owner
  }

  /** Deliveries noted since the last record. */
  get count(): number {
    return this.#columns.offset.length + this.#entries.length
  }

  get isEmpty(): boolean {
    return this.#isUntimed && this.#comparisons.length === 0
  }

  /** What the record takes before compression, about. */
  get bytes(): number {
    return this.#bytes
  }

  add(entry: LogEntry): void {
    if (this.#isUntimed) this.#baseMs = entry.atMs
    const [only] = entry.list
    this.#bytes += (entry.key?.length ?? 0) + summaryBytes
    if (only !== undefined && isFirstTry(entry)) this.#addFirstTry(entry, only)
    else this.#addWhole(entry)
  }

  addRange(range: LoggedRange): void {
    if (this.#isUntimed) this.#baseMs = range.atMs
    this.#ranges.push(range)
  }

  compare({ offset, number, atMs, url, comparison }: LoggedComparison): void {
    const compared = { o: offset, n: number, t: atMs, u: this.#urls.indexOf(url) }
    const { kind } = comparison
    this.#bytes += kind === 'mismatch' ? mismatchBytes : comparisonBytes
    if (kind !== 'mismatch') this.#comparisons.push({ ...compared, k: kind })
    else
      this.#comparisons.push({ ...compared, k: kind, p: wireSide(comparison.primary), s: wireSide(comparison.other) })
  }

  /** The record of all that was added; the builder is empty afterwards. */
  take(): EventRecord {
    const { uid, subscription, stream, partition, instance, job } = this.#owner
    const [expired, skipped] = [this.#rangesOf('expired'), this.#rangesOf('skipped')]
    const value = zstdCompressSync(
      JSON.stringify({
        ...{ v: formatVersion, i: instance, j: job, b: this.#baseMs, u: this.#urls.words, y: this.#types.words },
        ...{ s: this.#columns, e: this.#entries },
        x: expired,
        ...(skipped.length === 0 ? {} : { k: skipped }),
        ...(this.#comparisons.length === 0 ? {} : { q: this.#comparisons }),
      }),
    )
    this.#columns = emptyColumns()
    this.#entries = []
    this.#ranges = []
    this.#comparisons = []
    this.#urls = new Dictionary()
    this.#types = new Dictionary()
    this.#bytes = 0
    const headers = {
      ...{ tailrace_kind: 'attempts', tailrace_subscription: subscription },
      ...{ tailrace_stream: stream, tailrace_partition: String(partition) },
    }
    return { key: Buffer.from(uid), value, headers }
  }

  /** Nothing is there that counts from the base. */
  get #isUntimed(): boolean {
    return this.count === 0 && this.#ranges.length === 0
  }

  #rangesOf(state: LoggedRange['state']): [number, number, number][] {
    return this.#ranges.filter((range) => range.state === state).map(({ from, to, atMs }) => [from, to, atMs])
  }

  #addFirstTry({ offset, atMs, key, type }: LogEntry, attempt: LoggedAttempt) {
    const { url, status, atMs: startedAtMs, timingsMs } = attempt
    const columns = this.#columns
    const { dns, connect, tls, firstByte, total } = timingsMs
    if (dns + connect + tls > 0) columns.dials.push([columns.offset.length, tenths(dns), tenths(connect), tenths(tls)])
    if (attempt.isCompared) {
      columns.compared ??= []
      columns.compared.push(columns.offset.length)
    }
    columns.offset.push(offset)
    columns.at.push(atMs - this.#baseMs)
    columns.started.push(atMs - startedAtMs)
    columns.total.push(tenths(total))
    columns.firstByte.push(firstByte === null ? -1 : tenths(firstByte))
    columns.status.push(status ?? 0)
    columns.url.push(this.#urls.indexOf(url))
    columns.type.push(this.#types.indexOf(type))
    columns.key.push(key)
  }

  #addWhole(entry: LogEntry): void {
    const { offset, atMs, key, type, state, because, behind, nextAttemptAtMs, attempts, firstAttemptAtMs } = entry
    const list = entry.list.map((attempt) => this.#wireAttempt(attempt))
    this.#bytes += entryBytes + because.length
    this.#entries.push({
      ...{ o: offset, t: atMs, k: key, y: this.#types.indexOf(type), s: state, w: because },
      ...{ h: behind, x: nextAttemptAtMs, n: attempts, f: firstAttemptAtMs, a: list },
    })
  }

  #wireAttempt({ number, atMs, url, decision, code, detail, status, ...rest }: LoggedAttempt): WireAttempt {
    const { timingsMs, head, body, isTruncated, isCompared } = rest
    const { dns, connect, tls, firstByte, total } = timingsMs
    this.#bytes += entryBytes + (body?.length ?? 0) + (body === null ? 0 : JSON.stringify(head).length)
    return {
      ...{ n: number, t: atMs, u: this.#urls.indexOf(url), d: decision, c: code, w: detail, s: status },
      m: [tenths(dns), tenths(connect), tenths(tls), firstByte === null ? -1 : tenths(firstByte), tenths(total)],
      ...{ h: head, b: body, r: isTruncated, ...(isCompared ? { q: true } : {}) },
    }
  }
}

const wireSide = ({ status, bodySha256, bodyBytes }: Side): [number, string, number] => [status, bodySha256, bodyBytes]

/** Durations are kept in tenths of a millisecond. */
const tenths = (ms: number): number => Math.round(ms * 10)

function emptyColumns(): Columns {
  return {
    ...{ offset: [], at: [], started: [], total: [], firstByte: [], status: [], url: [], type: [], key: [] },
    dials: [],
  }
}

/** Words by number: the same few URLs and types stand in every entry. */
class Dictionary {
  readonly words: (string | null)[] = []
  readonly #known = new Map<string | null, number>()

  indexOf(word: string | null): number {
    const known = this.#known.get(word)
    if (known !== undefined) return known
    this.#known.set(word, this.words.length)
    return this.words.push(word) - 1
  }
}
