import type { Ordering, WhileBlocked } from '#shared/catalog/model.ts'
import type { Run } from '#shared/delivery/commit-metadata.ts'
import { type AckWindow, openWindow } from './ack-window.ts'
import type { Deliveries, Delivery } from './deliveries.ts'
import type { DueTimes } from './due-times.ts'
import type { EarlyEnds } from './early-ends.ts'
import type { KeyQueue, KeyQueues } from './key-queues.ts'
import { openLine, type ReadyLine } from './ready-line.ts'

/** Everything one epoch knows; dropped as a whole when another owner may have come between. */
export type Table = {
  /** What the queues are kept by; other queues are another table. */
  readonly queuing: Queuing
  readonly window: AckWindow
  /** What a former owner delivered in its last moments, and what neither half has brought yet. */
  readonly recalled: Map<number, Recalled>
  readonly handed: Handed
  readonly earlyEnds: EarlyEnds
  readonly former: Former
  readonly retry: RetryReader
  readonly deliveries: Deliveries
  /** Open parks that were read, and whose they are; ascending, because first readings are. */
  readonly open: Map<number, Delivery>
  /** Own parks that are acknowledged and not read back yet, by where they stand. */
  readonly ahead: Map<number, Delivery>
  readonly queues: KeyQueues
  /** Heads that may be attempted: from the stream half, and parked ones that are due. */
  readonly ready: { readonly stream: ReadyLine; readonly retry: ReadyLine }
  readonly due: DueTimes
  /** Queues whose head is due, but its value is not in memory. */
  readonly wanted: Set<KeyQueue>
  /** Since when there are some, ms. */
  wantedSinceMs: number | null
  /** Queued under another filter, to be judged by the one of now; nothing is attempted before that. */
  unjudged: Delivery[]
  readonly count: Counts
  /** The stream half is paused because too much waits here. */
  full: boolean
  /** It was said that too much waits. */
  warned: boolean
  /** When the owner before was last known to be there, ms: what fell due since then was missed. */
  readonly ownedUntilMs: number
  /** Since when this owner works without hold, ms; null while it does not. */
  workingSinceMs: number | null
  /** The last probe was a parked head. */
  probedRetry: boolean
  /** Something to commit. */
  dirty: boolean
}

/** The token of the last commit before this epoch, '' when it says nothing, and where the stream ended then. */
export type Former = { readonly token: string; readonly streamEnd: number }

/** A delivery of a former owner: when, and whether its commit had let go of the stream offset, as it does of a parked one. */
export type Recalled = { readonly atMs: number; readonly isCommitted: boolean }

/** What order is kept by, and whether a key waits for an event that failed. */
export type Queuing = { readonly ordering: Ordering; readonly whileBlocked: WhileBlocked }

/** Which part of the stream passed through this epoch's hands, without a gap: offsets from `from`, times in between. */
export type Handed = { from: number; firstMs: number; lastMs: number }

export type RetryReader = {
  /** The next record to be handed over; below `top` while values are read again. */
  position: number
  /** One past the highest record ever read in this epoch. */
  top: number
  /** Records read again since the last one whose value was taken. */
  fruitless: number
  /** What is to be read before work begins ends here: with the own fence, or what a kept pair had not read; null until that is known. */
  fenceAt: number | null
  /** The own fence was read: the table is complete. */
  isComplete: boolean
}

export type Counts = {
  attempting: number
  /** Of those, from the retry half. */
  attemptingRetry: number
  /** Appends under way, dead letters included. */
  appending: number
  /** Deliveries that are not terminal. */
  waiting: number
  /** Of those, with an unfinished stream offset, and their bytes. */
  inbox: number
  inboxBytes: number
  /** Values held although the retry partition has them. */
  retryBytes: number
}

const nobody: Former = { token: '', streamEnd: 0 }
const byKey: Queuing = { ordering: 'key', whileBlocked: 'wait' }

export function openTable(
  base: number,
  retryFrom: number,
  begins: {
    restored?: readonly Run[]
    former?: Former
    recalled?: Map<number, Recalled>
    queuing?: Queuing
    ownedUntilMs?: number
  } = {},
): Table {
  const {
    restored = [],
    former = nobody,
    recalled = new Map(),
    queuing = byKey,
    ownedUntilMs = Number.POSITIVE_INFINITY,
  } = begins
  return {
    queuing,
    window: openWindow(base, restored),
    recalled,
    handed: { from: base, firstMs: Number.POSITIVE_INFINITY, lastMs: Number.NEGATIVE_INFINITY },
    earlyEnds: new Map(),
    former,
    retry: { position: retryFrom, top: retryFrom, fruitless: 0, fenceAt: null, isComplete: false },
    deliveries: new Map(),
    open: new Map(),
    ahead: new Map(),
    queues: new Map(),
    ready: { stream: openLine(), retry: openLine() },
    due: [],
    wanted: new Set(),
    wantedSinceMs: null,
    unjudged: [],
    count: { attempting: 0, attemptingRetry: 0, appending: 0, waiting: 0, inbox: 0, inboxBytes: 0, retryBytes: 0 },
    full: false,
    warned: false,
    ownedUntilMs,
    workingSinceMs: null,
    probedRetry: false,
    dirty: false,
  }
}

/** Whether the queues of a table are those that a policy asks for. */
export function isQueuedBy({ queuing }: Table, { ordering, whileBlocked }: Queuing): boolean {
  return queuing.ordering === ordering && queuing.whileBlocked === whileBlocked
}
