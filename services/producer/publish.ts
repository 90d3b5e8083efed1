import type { Stream } from '#shared/catalog/model.ts'
import { TailraceError } from '#shared/errors.ts'
import { type EventRequest, type MappedEvent, recordFromRequest } from '#shared/event/from-http.ts'
import { type Position, positionOf } from '#shared/event/record.ts'
import { webhookIdOf } from '#shared/event/webhook-id.ts'
import type { ProduceLanes } from '#shared/kafka/lanes.ts'
import type { Limits } from '#shared/limits.ts'
import { refuseUnlessNew } from './idempotency/decision.ts'
import { readIdempotencyKey } from './idempotency/idempotency-key.ts'
import { namedByKey } from './idempotency/named.ts'
import type { Idempotency } from './idempotency/open.ts'
import type { Dedup, Opening } from './idempotency/opening.ts'
import type { Streams } from './streams.ts'
import type { ProducerTelemetry } from './telemetry.ts'
import type { TopicSafety } from './topic-safety.ts'

export type PublishRequest = { stream: string; keyId: string; keyName: string; event: EventRequest }

/** What a publisher hears about an event that is stored. */
export type Published = {
  id: string
  source: string
  webhookId: string
  stream: string
  partition: number
  offset: number
  position: Position
  replayed: boolean
  subscriptions: number
}

/** `dedup`: whether a repeat would be recognised. */
export type Publish = (request: PublishRequest) => Promise<{ published: Published; dedup: Dedup }>

export type PublishOptions = {
  streams: Streams
  safety: TopicSafety
  lanes: Pick<ProduceLanes, 'append' | 'placeKeyless' | 'partitionForKey'>
  idempotency: Idempotency
  telemetry: ProducerTelemetry
  instance: string
  deadlineMs: number
  limits: Limits
}

/**
 * Stores one event: finds the stream, maps the request to a record, appends it, and answers once all in-sync replicas have
 * it. Rejects with the refusal of the step that failed; `outcome-unknown` when Kafka did not answer within the deadline.
 */
export function createPublish(options: PublishOptions): Publish {
  return async (request) => {
    const found = options.streams.find(request.stream)
    const stream = found instanceof Promise ? await found : found
    const check = options.safety.require(stream.topic)
    if (check !== undefined) await check
    const key = readIdempotencyKey(request.event)
    const mapped = recordFromRequest(request.event, {
      keyId: request.keyId,
      keyName: request.keyName,
      instance: options.instance,
      defaultType: stream.defaultType,
      receivedAtMs: Date.now(),
      limits: options.limits,
    })
    const scope = { keyId: request.keyId, stream: stream.name }
    const event = namedByKey(mapped, scope, { key, index: 0 })
    const { body } = request.event
    const opened = options.idempotency.open({ ...scope, key, body, events: [{ ...event, body }] })
    const opening = opened instanceof Promise ? await opened : opened
    const published = await publishOnce(opening, event, { stream, options })
    return { published, dedup: opening.dedup() }
  }
}

type Place = { stream: Stream; options: PublishOptions }

async function publishOnce(opening: Opening, event: MappedEvent, place: Place): Promise<Published> {
  refuseUnlessNew(opening.decisions)
  const [decision] = opening.decisions
  if (decision?.kind !== 'replay') return await append(opening, event, place)
  const { name } = place.stream
  const { id, source, partition, offset } = decision.answer
  const position = positionOf(name, partition, offset)
  const subscriptions = place.options.streams.subscriptionsOf(name)
  const webhookId = webhookIdOf(source, id)
  return { id, source, webhookId, stream: name, partition, offset, position, replayed: true, subscriptions }
}

async function append(opening: Opening, event: MappedEvent, { stream, options }: Place): Promise<Published> {
  const { id, source, webhookId, record } = event
  const { lanes, telemetry, deadlineMs } = options
  const { name, topic, partitions } = stream
  const partition =
    record.key === null ? lanes.placeKeyless(topic, partitions) : lanes.partitionForKey(record.key, partitions)
  const startedMs = performance.now()
  const appended = lanes.append(topic, partition, record)
  opening.watch(0, { id, source, partition }, appended)
  const offset = await withDeadline(appended, deadlineMs)
  await opening.written()
  telemetry.stored(name, record.value?.length ?? 0, (performance.now() - startedMs) / 1000)
  const position = positionOf(name, partition, offset)
  const subscriptions = options.streams.subscriptionsOf(name)
  return { id, source, webhookId, stream: name, partition, offset, position, replayed: false, subscriptions }
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

function outcomeUnknown(deadlineMs: number): TailraceError {
  const detail = `Kafka did not answer within ${deadlineMs} ms. The event may be stored; send it again with the same id.`
  return new TailraceError('outcome-unknown', detail, { retryAfterMs: 1_000 })
}
