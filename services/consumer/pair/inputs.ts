import type { CommitMetadata } from '#shared/delivery/commit-metadata.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { AppendRef, Half } from './effects.ts'
import type { PairPolicy } from './states.ts'

/** Log start and end of a partition: `low` is the first offset that still exists, `high` the one the next record gets. */
export type LogBounds = { readonly low: number; readonly high: number }

/** What one attempt, with its quick retries, came to. Times are wall clock ms, for headers and dead letters. */
export type Outcome = { attempts: number; firstAttemptAtMs: number; lastAttemptAtMs: number } & (
  | { kind: 'delivered' }
  /** Failed while a target is up: to be tried again on the schedule; `cause` is of the dead letter if there is no later attempt. */
  | { kind: 'failed'; eventId: string; cause: string; code: string; detail: string }
  /**
   * Not this event's fault: the breakers, asked again after the attempt, are all open, it was broken off, or its request was
   * not written because it is doubtful whose it is.
   */
  | { kind: 'unproven' }
  /** The target asked for time. `own`: others succeeded meanwhile, so only this event waits. */
  | { kind: 'target-waits'; waitMs: number; own: boolean; code: string; detail: string }
  /** Final: no later attempt can change it. */
  | { kind: 'refused'; cause: string; code: string; detail: string }
)

/** Where the stream half goes on, and what its commit remembers; the position of an operator remembers nothing. */
export type Committed = CommitMetadata & { readonly offset: number }

/** The committed state of both halves of the pair, and their logs. The logs are asked for after the commit was fetched. */
export type CommittedState = {
  readonly committed: Committed | null
  readonly startOffset: number
  /** Deliveries had begun before: a missing commit is then a loss, not a beginning. */
  readonly started: boolean
  /** What was delivered under the token of the commit, as far as that is remembered: offset → wall clock ms. */
  readonly delivered: ReadonlyMap<number, number>
  readonly log: LogBounds
  readonly retry: { readonly committed: number | null; readonly log: LogBounds }
}

/** `token` names the epoch that an answer belongs to: as it stood on the effect that asked for it. */
export type Input =
  // ownership
  /** The member joined and the pair is its own. `token` is fresh and random. */
  | { kind: 'joined'; token: string }
  | ({ kind: 'assigned'; token: string; wallMs: number } & CommittedState)
  /** A rejoin is about to begin: nothing new is started, so that what is under way can end before it. */
  | { kind: 'yield' }
  /** The ownership may be ending, a rejoin has begun: the last chance to commit. */
  | { kind: 'revoked' }
  | { kind: 'lost' }
  /** A heartbeat succeeded: the coordinator still lists the pair as ours. */
  | { kind: 'heartbeat' }
  | { kind: 'drain' }
  // the two logs
  /** What one fetch brought, which asked for `fetchedFrom`: offsets that it passed over do not exist. */
  | { kind: 'records'; of: Half; fetchedFrom: number; records: readonly StoredRecord[] }
  /** Where the log begins now (retention, trimming); checked every minute, and when `check-log-start` asks. */
  | { kind: 'log-start'; of: Half; offset: number }
  // deliveries
  /** Up to `slots` attempts may start now, at most `ofRetry` of them from the retry half. */
  | { kind: 'offer'; slots: number; ofRetry: number }
  /** One attempt may start although the pair holds. */
  | { kind: 'probe' }
  | { kind: 'answered'; token: string; offset: number; timestampMs: number; outcome: Outcome }
  /** An append is acknowledged; `offset` is where it stands. */
  | { kind: 'appended'; token: string; ref: AppendRef; offset: number }
  /** The broker will never take this park: the record is too large for the retry topic. */
  | { kind: 'append-refused'; token: string; ref: AppendRef; detail: string }
  | { kind: 'hold' }
  | { kind: 'release' }
  | { kind: 'tick' }
  /** An operator wants the delivery of this offset tried now, or the one that it waits behind. */
  | { kind: 'retry-now'; offset: number }
  /** The subscription was changed. Another ordering begins with the next epoch; another `judge` counts for what was not attempted. */
  | { kind: 'policy'; policy: PairPolicy }
  /** Up to `most` of what was queued under another filter are judged now. */
  | { kind: 'judge-again'; most: number }
  // commits
  | { kind: 'commit-due'; forced: boolean }
  | { kind: 'committed'; token: string; offset: number; retryOffset: number }
  | { kind: 'commit-failed'; token: string }
