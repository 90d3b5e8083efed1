import type { ResponseHead, Timings } from '../attempt.ts'
import type { Comparison } from '../comparison.ts'
import type { Decision } from '../decide.ts'

/** One HTTP request of a delivery as the attempts log keeps it. Times are wall clock, ms. */
export type LoggedAttempt = {
  readonly number: number
  readonly atMs: number
  readonly url: string
  readonly decision: Decision['kind']
  readonly code: string
  readonly detail: string
  /** null without an answer. */
  readonly status: number | null
  readonly timingsMs: Timings
  /** Empty, and the body null, where the answer was not kept: a success at the first try. */
  readonly head: Readonly<Record<string, string | string[]>>
  readonly body: string | null
  /** The body was longer than what is kept, or than what was read. */
  readonly isTruncated: boolean
  /** The same request was for a second target too: a `LoggedComparison` says what came of that, now or later. */
  readonly isCompared: boolean
}

/** What a second target made of an attempt. It may come minutes after the attempt, because nothing waits for it. */
export type LoggedComparison = {
  readonly offset: number
  /** Of the attempt at the first target. */
  readonly number: number
  /** Wall clock, ms. */
  readonly atMs: number
  /** The second target; null when it was not asked. */
  readonly url: string | null
  readonly comparison: Comparison
}

/** Where a delivery stood when the entry was made; the newest entry of a delivery counts. */
export type LoggedState = 'delivered' | 'retrying' | 'queued' | 'waiting' | 'dead-lettered' | 'discarded'

/** Nothing more happens to a delivery in one of these, unless a job takes it up. */
export const isSettled = (state: LoggedState | undefined): boolean =>
  state === 'delivered' || state === 'dead-lettered' || state === 'discarded'

/** What happened to one delivery: a turn with its attempts, or a change without one (it waits, it is buried unread). */
export type LogEntry = {
  readonly offset: number
  readonly atMs: number
  readonly key: string | null
  readonly type: string | null
  readonly state: LoggedState
  /** A few words for people. */
  readonly because: string
  /** The offset of the delivery that it waits behind. */
  readonly behind: number | null
  readonly nextAttemptAtMs: number | null
  /** All attempts so far, those of earlier entries included; a lower bound after a crash. */
  readonly attempts: number
  readonly firstAttemptAtMs: number | null
  /** The attempts of this turn. */
  readonly list: readonly LoggedAttempt[]
}

/**
 * Offsets [from, to) that nobody delivers: `expired`, retention took them before; `skipped`, an operator moved the
 * subscription over them.
 */
export type LoggedRange = {
  readonly state: 'expired' | 'skipped'
  readonly from: number
  readonly to: number
  readonly atMs: number
}

/** Entries of one subscription and one partition of its stream: one record of the attempts topic. */
export type LogBatch = {
  readonly uid: string
  readonly subscription: string
  readonly stream: string
  readonly partition: number
  readonly instance: string
  /** The job that made these attempts; null for live deliveries. */
  readonly job: string | null
  /** In the order in which they were noted, those of first-try successes before the others. */
  readonly entries: readonly LogEntry[]
  readonly ranges: readonly LoggedRange[]
  /** Of attempts in this record, earlier or later ones. */
  readonly comparisons: readonly LoggedComparison[]
}

/** Delivered with a 2xx by the first attempt there ever was: kept without the answer, and in columns. */
export function isFirstTry({ state, list, attempts }: LogEntry): boolean {
  const status = list[0]?.status ?? 0
  return state === 'delivered' && attempts === 1 && list.length === 1 && status >= 200 && status < 300
}

const mostHeaders = 32
const longestHeader = 256
const longestHeadChars = 2_048
const longestBodyBytes = 1_024

/** So much of an answer as helps to understand it. Cookies are for browsers, and credentials at that. */
export function keptHead(headers: ResponseHead): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {}
  let [count, chars] = [0, 0]
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || name === 'set-cookie') continue
    const text = typeof value === 'string' ? value.slice(0, longestHeader) : value.slice(0, 8).map(cutHeader)
    count += 1
    chars += name.length + (typeof text === 'string' ? text.length : text.join('').length)
    if (count > mostHeaders || chars > longestHeadChars) break
    kept[name] = text
  }
  return kept
}

const cutHeader = (value: string) => value.slice(0, longestHeader)

/** The beginning of a body as text; bytes that are not UTF-8 become U+FFFD. */
export function keptBody(body: Buffer): { text: string; isCut: boolean } {
  return { text: body.toString('utf8', 0, longestBodyBytes), isCut: body.length > longestBodyBytes }
}
