import type { Ordering, WhileBlocked } from '#shared/catalog/model.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { Effect } from './effects.ts'
import type { DroppedRules } from './rules.ts'
import type { RetryPolicy } from './schedule.ts'
import { openTable, type Table } from './table.ts'

/**
 * loading   assigned; the committed state is being fetched. Nothing is read, attempted or committed. Answers still count
 *           until the committed state shows that another owner came between: then the table is dropped.
 * reading   the own fence is appended, the retry half is read up to it. The stream half stays shut.
 * running   both halves are read, heads of queues are attempted
 * holding   as running, but only probes are attempted: nothing is burned while the targets are down or work is paused
 * yielding  a rejoin begins: no new attempt; what is under way ends; then the last commit before it is known whose it is
 * draining  no new attempt; what is under way ends; then the last commit
 * fenced    another owner's fence stood behind the own one: everything has stopped until a heartbeat says whose the pair is
 * failed    the position is lost; only an operator can say where to go on
 * gone      not ours any more; whatever still arrives changes nothing
 *
 *   loading → reading → running ⇄ holding → draining → gone
 *   running, holding → yielding → loading      (rejoin)
 *   running, holding → fenced → loading        (heartbeat)
 *   any → loading (rejoin, or an operator's new position) or gone
 */
export type Phase =
  | 'loading'
  | 'reading'
  | 'running'
  | 'holding'
  | 'yielding'
  | 'draining'
  | 'fenced'
  | 'failed'
  | 'gone'

/** Where a record goes when it is read: a delivery, nothing (filtered out), or straight to the dead letters. */
export type Verdict = 'deliver' | 'filtered' | 'malformed-record' | 'too-large'

export type PairPolicy = {
  readonly ordering: Ordering
  readonly whileBlocked: WhileBlocked
  readonly retry: RetryPolicy
  /** Bounds of what is in memory and not parked; above them the stream half pauses, below half of them it goes on. */
  readonly inbox: { readonly events: number; readonly bytes: number }
  readonly waiting: {
    /** Behind one failing head (10,000); beyond it the head goes to the dead letters. */
    readonly perKey: number
    /** In the whole pair (100,000); beyond it the stream half pauses. */
    readonly perPair: number
    /** For values of parked deliveries; what does not fit is read again when it is due. */
    readonly valueBytes: number
  }
  judge(record: StoredRecord): Verdict
  eventIdOf(record: StoredRecord): string
}

/**
 * One stream partition and the retry partition of the same number, of one subscription, under one owner. The object
 * belongs to `step`: nobody else changes it, and equal pairs that are given equal inputs do equal things.
 */
export type Pair = {
  readonly topic: string
  readonly partition: number
  readonly dropped: DroppedRules
  policy: PairPolicy
  /** By which the due times of the table were made. */
  schedule: RetryPolicy
  phase: Phase
  /** What running means: holding or not. */
  held: boolean
  /** The epoch of the table below, and what is committed beside the offset; '' before the first load. */
  token: string
  /** The epoch that begins when the committed state arrives. */
  nextToken: string
  /** Epochs begun without a join, by a reload. */
  reloads: number
  table: Table
  /** What was acknowledged last. */
  committed: { readonly offset: number; readonly retryOffset: number } | null
  trimmed: { readonly atMs: number; readonly offset: number } | null
  /** Wall clock minus monotonic clock, read once per load: later jumps of the wall clock move nothing. */
  wallAheadMs: number
  /** Events that were read again and known: they were not delivered again. */
  suppressed: number
  /** Of the step under way. */
  nowMs: number
  effects: Effect[]
}

export function createPair(
  place: { topic: string; partition: number },
  policy: PairPolicy,
  dropped: DroppedRules = {},
): Pair {
  return {
    topic: place.topic,
    partition: place.partition,
    dropped,
    policy,
    schedule: policy.retry,
    phase: 'loading',
    held: false,
    token: '',
    nextToken: '',
    reloads: 0,
    table: openTable(0, 0),
    committed: null,
    trimmed: null,
    wallAheadMs: 0,
    suppressed: 0,
    nowMs: 0,
    effects: [],
  }
}

/** Records of both halves are taken in, appends and commits made. */
export const isWorking = ({ phase }: Pair): boolean => phase === 'running' || phase === 'holding'

/** Working, or handing back: the last commit is still to come. */
export const mayCommit = (pair: Pair): boolean =>
  isWorking(pair) || pair.phase === 'yielding' || pair.phase === 'draining'

export function emit(pair: Pair, effect: Effect): void {
  pair.effects.push(effect)
}
