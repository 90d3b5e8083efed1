import { Type } from 'typebox'
import { TailraceError } from '#shared/errors.ts'
import { webhookIdOf } from '#shared/event/webhook-id.ts'
import type { Console } from '../context.ts'
import { deliveryAnswer } from '../deliveries/answer.ts'
import { readStateNames } from '../deliveries/live-state.ts'
import { completeTo, recordAnswer, recordAnswerOf, timeOrNull } from './answer.ts'
import { deliveriesOfRecord } from './deliveries-of-record.ts'
import { findRecords } from './find-records.ts'

/** Everything that happened to one event. */
export const journeyAnswer = Type.Object({
  ...{ id: Type.String(), source: Type.String(), type: Type.String(), webhookId: Type.String() },
  indexCompleteTo: completeTo,
  records: Type.Array(recordAnswer, { description: 'Several when one event was stored more than once; newest first.' }),
  deliveries: Type.Array(deliveryAnswer, {
    description: 'Of every subscription of the stream and of those that are gone, also of those that never see it.',
  }),
})

/**
 * The journey of the event with this id, webhook-id or position; `source` tells events of one id apart, else the newest
 * one is meant. Rejects with `not-found`, which says whether the index may not know it yet, or with `index-unavailable`.
 */
export async function journeyOf(console: Console, id: string, source: string | null) {
  const { records, completeToMs } = await findRecords(console, id, source)
  const [newest] = records
  if (newest === undefined) throw new TailraceError('internal', 'a journey without a record')
  const names = await readStateNames(console)
  const deliveries = []
  for (const record of records) deliveries.push(...(await deliveriesOfRecord({ console, record, names })))
  const { id: eventId, source: eventSource, type } = newest
  return {
    ...{ id: eventId, source: eventSource, type, webhookId: webhookIdOf(eventSource, eventId) },
    indexCompleteTo: timeOrNull(completeToMs),
    records: records.map(recordAnswerOf),
    deliveries,
  }
}
