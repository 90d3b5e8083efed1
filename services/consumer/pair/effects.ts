import type { EventRecord, StoredRecord } from '#shared/event/record.ts'
import type { Burial, Delivery } from './deliveries.ts'

/** The two partitions of a pair. */
export type Half = 'stream' | 'retry'

export type LoadedDelivery = Delivery & { record: StoredRecord }

/** What an append is about; comes back with its acknowledgement. */
export type AppendRef =
  | { readonly kind: 'fence' }
  | { readonly kind: 'park' | 'done' | 'dead-letter'; readonly offset: number; readonly timestampMs: number }

/**
 * What the owner of a pair has to do. The order within one step counts:
 *
 *  - Appends with one token go out in the order given, on a lane of their own: one batch in flight, the identical batch
 *    again until it is acknowledged by all in-sync replicas. Followers rely on what is ahead of them in the lane.
 *  - A `seek` is done before the `resume` after it, and what was fetched from elsewhere may still be handed over: every
 *    batch says where its fetch began.
 *  - A `commit` carries both offsets and goes out at once, in one request with those of other pairs; never under another
 *    membership than the one it was made in.
 *  - An attempt may read its delivery until it is answered; afterwards the record may be gone.
 */
export type Effect =
  /** Fetch the committed state and the bounds of both logs, then answer `assigned`. */
  | { kind: 'load'; token: string }
  | { kind: 'pause' | 'resume'; of: Half }
  | { kind: 'seek'; of: Half; offset: number }
  /** Ask where the log begins, then answer `log-start`: a fetch did not begin where it should have. */
  | { kind: 'check-log-start'; of: Half }
  /** `of`: which half the delivery came from, for the share that each half has of the slots. */
  | { kind: 'attempt'; token: string; of: Half; delivery: LoadedDelivery }
  /** To the retry partition, in the order given: one batch in flight, the identical batch again until it is acknowledged. */
  | { kind: 'append'; token: string; ref: AppendRef; record: EventRecord }
  | ({ kind: 'append-dead-letter'; token: string; ref: AppendRef; delivery: LoadedDelivery } & Burial)
  /** The event was delivered; the next commit will say so, or its done record, and both take their time. */
  | { kind: 'delivered'; token: string; offset: number }
  /** A former owner had delivered it in the last moment: neither a commit nor a record said so, and maybe not its log. */
  | { kind: 'recall'; record: StoredRecord; atMs: number }
  /** A former owner left it in the retry partition and ended before its commit said so: its log may not tell that it waits. */
  | { kind: 'adopted'; delivery: Delivery; record: StoredRecord }
  /** The epoch is over: what of its appends was not sent yet is not sent any more. */
  | { kind: 'drop-appends'; token: string }
  | { kind: 'commit'; token: string; offset: number; metadata: string; truncated: boolean; retryOffset: number }
  /** Delete the records of the retry partition below `offset`. */
  | { kind: 'trim'; offset: number }
  /** Retention took [from, to) before it was delivered. */
  | { kind: 'report-expired'; from: number; to: number }
  /** The group's position is gone or beyond the log: only an operator can say where to go on. */
  | { kind: 'report-offsets-lost'; detail: string }
  /** So many deliveries wait that the stream half will pause at `limit`. */
  | { kind: 'report-waiting'; waiting: number; limit: number }
  | { kind: 'report-unreadable'; offset: number; detail: string }

/** What a pair asks of its runner; the rest is its ownership's. */
export type DeliveryEffect = Extract<
  Effect,
  {
    kind:
      | 'attempt'
      | 'append-dead-letter'
      | 'report-expired'
      | 'report-offsets-lost'
      | 'report-waiting'
      | 'report-unreadable'
      | 'recall'
      | 'adopted'
  }
>
