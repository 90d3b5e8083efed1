/*
 * What is kept of a run when its history has been judged: the same form for a single fault, a mix, a scenario and a control.
 * Plain data, so that report.json is this very thing. Times are ms since the first event was due, unless said otherwise.
 */
import type { Offence } from '../check/verdict.ts'
import type { Targets } from '../faults/fault.ts'

/** The longest pause of a kind, and when it began; `of` names the subscription where there are several. */
export type Gap = { ms: number; fromMs: number; of: string }

/** Of acknowledgements, of deliveries, and of the deliveries of one partition. */
export type LongestGaps = { ack: Gap; delivery: Gap; partition: Gap }

/** What one subscription got. `duplicated` are deliveries, the others events. */
export type SubscriptionFigures = LongestGaps & {
  name: string
  subscription: string
  holds: boolean
  acknowledged: number
  delivered: number
  deadLettered: number
  lost: number
  duplicated: number
  outOfOrder: number
}

/** Repeated deliveries of one subscription and how many of them the fault explains at most. */
export type Repeated = { name: string; count: number; most: number }

/**
 * One fault: the longest pauses until the next one, of the worst subscription, and what it had repeated. `row` is that of
 * the fault matrix; `wholeMs` is when the system was whole again, null where nobody waited for that.
 */
export type FaultFigures = LongestGaps & {
  fault: string
  row: string | null
  victim: string
  atMs: number
  wholeMs: number | null
  repeated: readonly Repeated[]
  targets: Targets
}

/**
 * What one checker said of one subscription, or of the run (`name` is empty); `judged` is of how many cases. The first
 * offences only, `offences` counts them all.
 */
export type VerdictFigures = {
  invariant: string
  claim: string
  name: string
  holds: boolean
  judged: number
  offences: number
  first: readonly Offence[]
}

/** Requests that ended alike without an acknowledgement; `sinceFault` is the one that was last before the first of them. */
export type FailedRequests = {
  count: number
  outcome: string
  status: number | null
  code: string
  sinceFault: string
  afterMs: number
  mostMs: number
}

/** How many things happened in each stretch of `bucketMs`, the first one from the first due event on. */
export type Timeline = {
  bucketMs: number
  loadMs: number
  acknowledged: readonly number[]
  delivered: readonly { name: string; counts: readonly number[] }[]
}

/** One experiment. `appendedAgain` are records that a publisher had to ask for twice. */
export type Figures = {
  run: string
  due: number
  acknowledged: number
  failedRequests: number
  abandoned: number
  deliveries: number
  appendedAgain: number
  subscriptions: readonly SubscriptionFigures[]
  faults: readonly FaultFigures[]
  verdicts: readonly VerdictFigures[]
  failures: readonly FailedRequests[]
  timeline: Timeline
}

/** What a plan came to: mostly one experiment, with figures of its own and what is wrong (empty when all is well). */
export type Result = { figures: readonly Figures[]; notes: readonly string[]; complaint: string }

/** A result as one line of a report: what was run, for the how manieth time, from when on and for how long. */
export type Run = Result & { title: string; round: number; startedAt: string; seconds: number }
