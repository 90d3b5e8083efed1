import type { Ordering } from '#shared/catalog/model.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { type AckWindow, openWindow } from './ack-window.ts'
import type { Delivery, KeyQueues } from './key-queues.ts'
import { openQueues } from './key-queues.ts'
import type { RetryPolicy } from './schedule.ts'

/**
 * loading   assigned, the committed state is not known: nothing is read, attempted or committed. Answers to attempts of
 *           the ownership before still count until the committed state shows that another owner came between.
 * running   records are queued by key, heads of queues are attempted
 * holding   as running, but only probes are attempted: nothing is burned while the targets are down or work is paused
 * draining  no new attempt; what is under way ends; then the last commit
 * gone      not ours any more; whatever still arrives changes nothing
 *
 *   loading → running ⇄ holding → draining → gone,  and from each back to loading (rejoin) or to gone
 */
export type Phase = 'loading' | 'running' | 'holding' | 'draining' | 'gone'

/** Where a record goes when it is read: a delivery, nothing (filtered out), or straight to the dead letters. */
export type Verdict = 'deliver' | 'filtered' | 'malformed-record' | 'too-large'

export type PairPolicy = {
  readonly ordering: Ordering
  readonly retry: RetryPolicy
  /** Bounds of what waits in memory; above them the partition pauses, below half of them it goes on. */
  readonly inbox: { readonly events: number; readonly bytes: number }
  judge(record: StoredRecord): Verdict
}

/** Rules that a test may switch off to see itself turn red. The product never names one. */
export type Defects = {
  readonly finishBeforeDelivery?: boolean
  readonly finishBeforeAppended?: boolean
  readonly applyStaleAnswers?: boolean
}

/**
 * One partition of one subscription under one ownership. The object belongs to `step`: nobody else changes it, and two
 * equal pairs given equal inputs do equal things.
 */
export type Pair = {
  readonly partition: number
  readonly defects: Defects
  policy: PairPolicy
  phase: Phase
  /** The owner token of the state below: null before the first load. */
  token: string | null
  /** What `running` means after loading: holding or not. */
  held: boolean
  window: AckWindow
  queues: KeyQueues
  /** Unfinished offsets in memory, whatever their state. */
  deliveries: Map<number, Delivery>
  attempting: number
  appending: number
  queuedBytes: number
  /** The partition is paused because too much waits here. */
  full: boolean
  /** Since when this owner works without hold, ms; null while it does not. */
  workingSinceMs: number | null
  /** Something to commit. */
  dirty: boolean
  /** The last acknowledged commit. */
  committed: number | null
}

export function createPair(partition: number, policy: PairPolicy, defects: Defects = {}): Pair {
  return {
    partition,
    defects,
    policy,
    phase: 'loading',
    token: null,
    held: false,
    ...emptyState(0),
    committed: null,
  }
}

/** Records are taken in and commits made. */
export const isReading = ({ phase }: Pair): boolean => phase === 'running' || phase === 'holding'

/** Everything one ownership knows, as it begins. */
export function emptyState(base: number) {
  return {
    window: openWindow(base),
    queues: openQueues(),
    deliveries: new Map<number, Delivery>(),
    attempting: 0,
    appending: 0,
    queuedBytes: 0,
    full: false,
    workingSinceMs: null,
    dirty: false,
  }
}
