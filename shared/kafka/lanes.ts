import { TailraceError } from '#shared/errors.ts'
import type { EventRecord } from '#shared/event/record.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import type { KafkaConnection } from './connection.ts'

export type LaneOptions = {
  connection: KafkaConnection
  metrics: Metrics
  /** One idempotent producer per lane (event lanes), or one for all lanes of this set (retry, dead letters, catalog). */
  ownProducers: boolean
}

/** One lane as operators see it. `oldestMs`: age of its oldest unacknowledged record, 0 when there is none. */
export type LaneSnapshot = {
  topic: string
  partition: number
  state: 'open' | 'broken'
  queued: number
  inFlight: number
  oldestMs: number
}

export type ProduceLanes = {
  /**
   * Resolves with the offset after acks=all. Rejects with `kafka-unavailable` when the lane's breaker is open at entry or
   * its queue is full (`overloaded`), and with a permanent refusal (`event-too-large` …). It never gives up by itself:
   * a deadline and `outcome-unknown` belong to the caller.
   */
  append(topic: string, partition: number, record: EventRecord): Promise<number>
  /** The partition a keyless record goes to now. */
  placeKeyless(topic: string, partitions: number): number
  /** The partition every Kafka client's default partitioner gives this key. */
  partitionForKey(key: Buffer, partitions: number): number
  snapshot(): LaneSnapshot[]
  /** Forgets what is queued for a partition that this process lost; what is in flight may still be written. */
  dropTopicPartition(topic: string, partition: number): void
  /** Waits (bounded) for what is queued, then disconnects. */
  close(): Promise<void>
}

/** The produce lanes of one process: one queue per topic-partition, opened at the first record, closed after 60 s without. */
export function openLanes(_options: LaneOptions): ProduceLanes {
  throw new TailraceError('internal', 'not there yet')
}
