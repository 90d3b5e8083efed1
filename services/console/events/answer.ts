import { type Static, Type } from 'typebox'
import { nullable, time } from '#shared/catalog/schema.ts'
import { positionOf } from '#shared/event/record.ts'
import { webhookIdOf } from '#shared/event/webhook-id.ts'
import type { EventRow } from '../index/queries/events.ts'

const text = Type.String()
const textOrNull = nullable(Type.String())

const record = {
  position: Type.String({ description: '<stream>-<partition>-<offset>' }),
  ...{ stream: text, partition: Type.Integer(), offset: Type.Integer(), key: textOrNull },
  acceptedAt: Type.Union([time('When a producer took it.'), Type.Null()]),
  storedAt: time('When the log had it.'),
  acceptedBy: Type.Union([Type.String(), Type.Null()], { description: 'The producer.' }),
  bytes: Type.Integer({ description: 'Size of the body.' }),
  ...{ contentType: textOrNull, traceId: textOrNull },
}

/** One record of an event: where it was stored. */
export const recordAnswer = Type.Object(record)

/** An event as lists show it. */
export const eventAnswer = Type.Object({ id: text, source: text, type: text, webhookId: text, ...record })

export const completeTo = Type.Union([time('Up to when the index knows the log.'), Type.Null()], {
  description: 'Null: the index is being built and was not at the end of the log yet.',
})

export const eventList = Type.Object({
  ...{ items: Type.Array(eventAnswer), next: Type.Union([Type.String(), Type.Null()]), indexCompleteTo: completeTo },
})

export function recordAnswerOf(row: Omit<EventRow, 'streamNumber'>): Static<typeof recordAnswer> {
  const { stream, partition, offset, key, acceptedMs, storedMs, acceptedBy, bytes, contentType, traceId } = row
  return {
    ...{ position: positionOf(stream, partition, offset), stream, partition, offset, key },
    acceptedAt: timeOrNull(acceptedMs),
    storedAt: new Date(storedMs).toISOString(),
    ...{ acceptedBy, bytes, contentType, traceId },
  }
}

export function eventAnswerOf(row: Omit<EventRow, 'streamNumber'>): Static<typeof eventAnswer> {
  const { id, source, type } = row
  return { id, source, type, webhookId: webhookIdOf(source, id), ...recordAnswerOf(row) }
}

export const timeOrNull = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())
