import type { Stream } from '#shared/catalog/model.ts'
import { TailraceError } from '#shared/errors.ts'
import type { EventContext, MappedEvent } from '#shared/event/event-request.ts'
import { positionOf } from '#shared/event/record.ts'
import type { ProduceLanes } from '#shared/kafka/lanes.ts'
import type { Limits } from '#shared/limits.ts'
import type { Deduplicate, DedupMode, StoredEvent } from './deduplication.ts'
import type { Schemas } from './schemas.ts'
import type { Streams } from './streams.ts'
import type { ProducerTelemetry } from './telemetry.ts'
import type { TopicSafety } from './topic-safety.ts'

/** Who publishes to which stream. */
export type Publishing = { stream: string; keyId: string; keyName: string }

export type PublishOptions = {
  streams: Streams
  safety: TopicSafety
  schemas: Pick<Schemas, 'checkOf'>
  lanes: Pick<ProduceLanes, 'append' | 'appendAll' | 'placeKeyless' | 'partitionForKey'>
  telemetry: ProducerTelemetry
  instance: string
  deadlineMs: number
  limits: Limits
  /** Absent: every event is appended, and the answer says `off`. */
  deduplicate?: Deduplicate
}

/** An answer, and what the header Tailrace-Dedup says about it. */
export type Answered<T> = { dedup: DedupMode; answer: T }

/** A stream that may be written to: at once when it is known and safe. Throws what `Streams` and `TopicSafety` refuse with. */
export function openStream(name: string, { streams, safety }: PublishOptions): Stream | Promise<Stream> {
  const found = streams.find(name)
  return found instanceof Promise ? found.then((stream) => safely(stream, safety)) : safely(found, safety)
}

function safely(stream: Stream, safety: TopicSafety): Stream | Promise<Stream> {
  const check = safety.require(stream.topic)
  return check === undefined ? stream : check.then(() => stream)
}

export function contextOf(publishing: Publishing, stream: Stream, options: PublishOptions): EventContext {
  return {
    keyId: publishing.keyId,
    keyName: publishing.keyName,
    instance: options.instance,
    defaultType: stream.defaultType,
    receivedAtMs: Date.now(),
    limits: options.limits,
  }
}

/** Where an event goes: by its key, or to the partition that is being filled just now. */
export function partitionOf({ record }: MappedEvent, { topic, partitions }: Stream, { lanes }: PublishOptions): number {
  return record.key === null ? lanes.placeKeyless(topic, partitions) : lanes.partitionForKey(record.key, partitions)
}

export function storedAt(event: MappedEvent, stream: Stream, at: { partition: number; offset: number }): StoredEvent {
  const { id, source, webhookId } = event
  const { partition, offset } = at
  return {
    id,
    source,
    webhookId,
    partition,
    offset,
    position: positionOf(stream.name, partition, offset),
    replayed: false,
  }
}

/** What a lane refused with as an error of ours. */
export function refusedWith(error: unknown): TailraceError {
  if (error instanceof TailraceError) return error
  return new TailraceError('internal', 'The event could not be appended.', { cause: error })
}

export function outcomeUnknown(deadlineMs: number): TailraceError {
  const detail = `Kafka did not answer within ${deadlineMs} ms. The event may be stored; send it again with the same id.`
  return new TailraceError('outcome-unknown', detail, { retryAfterMs: 1_000 })
}
