import type { Subscription } from '#shared/catalog/model.ts'
import { deadLetterAdded } from '#shared/catalog/ops/events.ts'
import type { OpsEvents } from '#shared/catalog/ops/ops-events.ts'
import { deliveryId } from '#shared/delivery/delivery-id.ts'
import { positionOf } from '#shared/event/record.ts'
import type { Burial } from './pair/deliveries.ts'

type Told = {
  subscription: Pick<Subscription, 'name' | 'uid' | 'stream'>
  partition: number
  offset: number
  burial: Burial
  /** Whose delivery it was; null for a live one. */
  job: string | null
}

const oneMinuteMs = 60_000
const longestDetail = 500

/** Tells operators of a dead letter: one a minute per subscription and cause, of live deliveries and jobs together. */
export function tellDeadLetter(
  ops: Pick<OpsEvents, 'raiseOnce'>,
  { subscription, partition, offset, burial, job }: Told,
) {
  const { name, uid, stream } = subscription
  const { cause, code, detail } = burial
  const place = { id: deliveryId(name, partition, offset), position: positionOf(stream, partition, offset) }
  const facts = { ...place, cause, code, detail: detail.slice(0, longestDetail), job }
  ops.raiseOnce(deadLetterAdded(subscription, facts), `dead-letter:${uid}:${cause}`, oneMinuteMs)
}
