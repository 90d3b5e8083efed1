import { TailraceError } from '#shared/errors.ts'
import type { EventRecord, StoredRecord } from '#shared/event/record.ts'
import type { KafkaConnection } from './connection.ts'

export type FollowerOptions = {
  connection: KafkaConnection
  topic: string
  /** Every record from the log start on, in order per partition, each once; synchronous, must not throw. */
  onRecord(record: StoredRecord): void
  /** How to prove being up to date: appends a record of this instance; returns its partition and offset. */
  hello: { key: Buffer; append(record: EventRecord): Promise<{ partition: number; offset: number }> }
}

export type TopicFollower = {
  /** Appends a hello and waits until it was read back; false when that took longer than `timeoutMs`. */
  caughtUp(timeoutMs: number): Promise<boolean>
  /** Milliseconds since the last successful fetch. */
  lastFetchAgeMs(): number
  close(): Promise<void>
}

/** Reads a whole topic from its beginning and stays on it; no shared group, nothing committed. */
export async function followTopic(_options: FollowerOptions): Promise<TopicFollower> {
  throw new TailraceError('internal', 'not there yet')
}
