import { parseDeliveryId } from '#shared/delivery/delivery-id.ts'
import type { Console } from '../context.ts'
import type { deliveryOf } from './answer.ts'
import { type Finished, readFinished } from './finished.ts'
import type { StateNames } from './live-state.ts'

type Item = ReturnType<typeof deliveryOf>

/**
 * What was skipped, and lies before its subscription again because an operator went back, waits for its turn. Nobody writes
 * that down. `asked`: the state that is asked for, if any.
 */
export async function lookAgain(
  { admin, catalog }: Pick<Console, 'admin' | 'catalog'>,
  items: readonly Item[],
  { names, asked }: { names: StateNames; asked: string | undefined },
): Promise<Item[]> {
  const known = new Map<string, Finished>()
  for (const { state, subscriptionUid: uid } of items) {
    const subscription = state === 'skipped' && !known.has(uid) ? catalog.subscriptionByUid(uid) : undefined
    const topic = catalog.stream(subscription?.stream ?? '')?.topic
    if (subscription === undefined || topic === undefined) continue
    known.set(uid, await readFinished(admin, { group: subscription.group, topic }))
  }
  return items.flatMap((item) => {
    const place = item.state === 'skipped' ? parseDeliveryId(item.id) : null
    const finished = known.get(item.subscriptionUid)
    if (place === null || finished === undefined || finished.has(place.partition, place.offset)) return [item]
    const waiting = names.waiting({ uid: item.subscriptionUid, partition: place.partition }, place.offset)
    return asked === undefined ? [{ ...item, state: waiting, because: null, settledAt: null }] : []
  })
}
