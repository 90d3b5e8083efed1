import type { Stream } from '#shared/catalog/model.ts'
import type { EventRequest, MappedEvent } from '#shared/event/event-request.ts'
import { recordFromRequest } from '#shared/event/from-http.ts'
import type { Deduplication, StoredEvent } from './deduplication.ts'
import { readIdempotencyKey } from './idempotency/idempotency-key.ts'
import { namedByKey } from './idempotency/named.ts'
import {
  type Answered,
  contextOf,
  openStream,
  outcomeUnknown,
  type Publishing,
  type PublishOptions,
  partitionOf,
  refusedWith,
  storedAt,
} from './publishing.ts'
import { requireValid } from './schemas.ts'

export type PublishRequest = Publishing & { event: EventRequest }

/** What a publisher hears about an event that is stored. */
export type Published = StoredEvent & { stream: string; subscriptions: number }

export type Publish = (request: PublishRequest) => Promise<Answered<Published>>

/**
 * Stores one event: finds the stream, maps the request to a record, checks its data when the stream has a schema, appends
 * it, and answers once all in-sync replicas have it. Rejects with the refusal of the step that failed; `outcome-unknown`
 * when Kafka did not answer within the deadline.
 */
export function createPublish(options: PublishOptions): Publish {
  const { deduplicate, streams } = options
  return async (request) => {
    const opened = openStream(request.stream, options)
    const stream = opened instanceof Promise ? await opened : opened
    const scope = { keyId: request.keyId, stream: stream.name }
    const key = readIdempotencyKey(request.event)
    const mapped = recordFromRequest(request.event, contextOf(request, stream, options))
    if (stream.schema !== null) requireValid(mapped.record, options.schemas.checkOf(stream))
    const event = namedByKey(mapped, scope, { key, index: 0 })
    const target: Target = { event, stream, partition: partitionOf(event, stream, options), options }
    const about = { stream: stream.name, subscriptions: streams.subscriptionsOf(stream.name) }
    const { topic } = stream
    const partitions = [target.partition]
    const judged = deduplicate?.({ ...scope, topic, key, body: request.event.body, events: [event], partitions })
    if (judged === undefined) return { dedup: 'off', answer: { ...(await append(target)), ...about } }
    const dedup = await judged
    const stored = await appendOnce(target, dedup)
    return { dedup: dedup.mode(), answer: { ...stored, ...about } }
  }
}

type Target = { event: MappedEvent; stream: Stream; partition: number; options: PublishOptions }

async function appendOnce(target: Target, dedup: Deduplication): Promise<StoredEvent> {
  const [verdict] = dedup.verdicts
  if (verdict?.kind === 'refuse') throw verdict.error
  if (verdict?.kind === 'replay') return verdict.answer
  try {
    return await append(target, dedup)
  } finally {
    await dedup.settled()
  }
}

async function append({ event, stream, partition, options }: Target, dedup?: Deduplication): Promise<StoredEvent> {
  const { lanes, telemetry, deadlineMs } = options
  const { name, topic } = stream
  const { record } = event
  const startedMs = performance.now()
  const appended = lanes.append(topic, partition, record)
  if (dedup !== undefined) {
    appended.then(
      (offset) => dedup.ended(0, storedAt(event, stream, { partition, offset })),
      (error: unknown) => dedup.ended(0, refusedWith(error)),
    )
  }
  const offset = await withDeadline(appended, deadlineMs)
  telemetry.stored(name, record.value?.length ?? 0, (performance.now() - startedMs) / 1000)
  return storedAt(event, stream, { partition, offset })
}

/** The append itself goes on after the deadline: only the publisher stops waiting. */
function withDeadline(appended: Promise<number>, deadlineMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(outcomeUnknown(deadlineMs)), deadlineMs)
    const settle = <T>(end: (result: T) => void) => {
      return (result: T) => {
        clearTimeout(timer)
        end(result)
      }
    }
    appended.then(settle(resolve), settle(reject))
  })
}
