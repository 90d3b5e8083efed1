import type { Delivery } from './key-queues.ts'

/** What the owner of a pair has to do, in order. Offsets are of the stream partition. */
export type Effect =
  | { kind: 'attempt'; delivery: Delivery }
  | { kind: 'append-dead-letter'; delivery: Delivery; cause: string; code: string; detail: string }
  | { kind: 'commit'; offset: number; metadata: string; truncated: boolean }
  | { kind: 'seek'; offset: number }
  | { kind: 'pause' }
  | { kind: 'resume' }
  /** Retention took [from, to) before it was delivered. */
  | { kind: 'report-expired'; from: number; to: number }
  /** The group's position is gone or beyond the log: only an operator can say where to go on. */
  | { kind: 'report-offsets-lost'; detail: string }
