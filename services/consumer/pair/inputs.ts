import type { StoredRecord } from '#shared/event/record.ts'
import type { PairPolicy } from './states.ts'

/** Log start and end of the partition: `low` is the first offset that still exists, `high` the one the next record gets. */
export type LogBounds = { low: number; high: number }

/** What one attempt, with its quick retries, came to. Times are wall clock ms, for headers and dead letters. */
export type Outcome = { attempts: number; firstAttemptAtMs: number; lastAttemptAtMs: number } & (
  | { kind: 'delivered' }
  /** Failed, to be tried again on the schedule; `cause` is that of the dead letter when there is no later attempt. */
  | { kind: 'failed'; eventId: string; cause: string; code: string; detail: string }
  /** Not this event's fault: the targets are down, or the attempt was broken off. Nothing is counted. */
  | { kind: 'unproven' }
  /** The target asked for time. `own`: others succeeded meanwhile, so only this event waits. */
  | { kind: 'target-waits'; waitMs: number; own: boolean; code: string; detail: string }
  /** Final: no later attempt can change it. */
  | { kind: 'refused'; cause: string; code: string; detail: string }
)

export type Input =
  /** The ownership may be ending: a rejoin has begun. */
  | { kind: 'revoked' }
  /** The committed state was read under a new ownership. `token` starts a new state if none can be kept. */
  | {
      kind: 'assigned'
      token: string
      committed: { offset: number; metadata: string } | null
      startOffset: number
      /** Deliveries had begun before: a missing commit is then a loss, not a beginning. */
      started: boolean
      log: LogBounds
    }
  | { kind: 'records'; records: readonly StoredRecord[] }
  /** The log no longer begins where it did (retention); checked now and then. */
  | { kind: 'log-start'; offset: number }
  /** Up to `slots` attempts may start now. `probe`: one attempt although the pair holds. */
  | { kind: 'offer'; slots: number; probe: boolean }
  | { kind: 'answered'; token: string; offset: number; outcome: Outcome }
  /** The dead letter of `offset` is acknowledged. */
  | { kind: 'appended'; token: string; offset: number }
  | { kind: 'tick' }
  /** The subscription was changed. */
  | { kind: 'policy'; policy: PairPolicy }
  | { kind: 'hold' }
  | { kind: 'release' }
  | { kind: 'commit-due'; forced: boolean }
  | { kind: 'committed'; token: string; offset: number }
  | { kind: 'commit-failed'; token: string }
  | { kind: 'drain' }
  | { kind: 'lost' }
