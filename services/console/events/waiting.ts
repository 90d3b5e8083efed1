import type { Subscription } from '#shared/catalog/model.ts'
import { deliveryId } from '#shared/delivery/delivery-id.ts'
import { bareDelivery, becauseOfRange, type deliveryOf } from '../deliveries/answer.ts'
import type { Finished } from '../deliveries/finished.ts'
import { reportsOn } from '../subscription-status.ts'
import { becauseOfPhase, type Scene } from './scene.ts'

type Item = ReturnType<typeof deliveryOf>

/**
 * One that waits for its first turn: behind the head of its key, for its subscription, or just in the queue; or in vain,
 * because retention was faster.
 */
export async function waitingDelivery(scene: Scene, subscription: Subscription, finished: Finished): Promise<Item> {
  const { stream, names, at } = scene
  const { partition, offset } = at
  const owner = { subscription: subscription.name, uid: subscription.uid, stream: stream.name, partition }
  const state = names.waiting(owner, offset)
  const bare = (because: string | null, now = state) => bareDelivery(owner, offset, { state: now, because })
  if (state === 'delivering') return bare('an attempt is under way')
  if (await isGone(scene, subscription)) return bare(becauseOfRange.expired, 'expired')
  if (state !== 'queued') return bare(becauseOfPhase(scene, subscription))
  const behind = await blockerOf(scene, subscription).catch(() => null)
  if (behind !== null) return { ...bare(null), ...waitsBehind(subscription, partition, behind) }
  const before = offset - (finished.bounds(partition)?.from ?? subscription.startOffsets[String(partition)] ?? offset)
  return bare(
    before > 0 ? `${before} earlier events of its partition are not over` : becauseOfPhase(scene, subscription),
  )
}

/** What the log tells of one that is not over, in the words of now: whom it waits for may be over by now. */
export async function waitingNow<I extends Item>(item: I, scene: Scene, subscription: Subscription): Promise<I> {
  const { state } = item
  if (state === 'held' || state === 'paused') return { ...item, because: becauseOfPhase(scene, subscription) }
  if (state !== 'waiting') return item
  const behind = await blockerOf(scene, subscription).catch(() => undefined)
  if (behind === undefined) return item
  if (behind !== null) return { ...item, ...waitsBehind(subscription, scene.at.partition, behind) }
  const phase = scene.names.phase(subscription.uid)
  return { ...item, state: phase, because: becauseOfPhase(scene, subscription), behind: null }
}

function waitsBehind({ name, ordering }: Subscription, partition: number, offset: number) {
  const behind = deliveryId(name, partition, offset)
  const because = ordering === 'key' ? `behind ${behind} of the same key` : `behind ${behind} of its partition`
  return { state: 'waiting', because, behind }
}

/** Rejects without an index. */
async function blockerOf({ console, at, names }: Scene, subscription: Subscription): Promise<number | null> {
  const { uid, stream, ordering, retry } = subscription
  const { partition, offset, key } = at
  if (ordering === 'none' || (ordering === 'key' && key === null)) return null
  const underWay = names.underWay().filter((one) => one.uid === uid && one.partition === partition)
  return await console.index.ask('blockerOf', {
    ...{ uid, stream, partition, offset, key: ordering === 'key' ? key : null },
    underWay: underWay.map((one) => ({ offset: one.offset, reportedAtMs: one.reportedAtMs })),
    // A key goes on without what failed when its subscription says so.
    heedsFailed: retry.whileBlocked === 'wait',
  })
}

/** Retention took it, and no consumer has read it before. */
async function isGone({ at, names, record }: Scene, subscription: Subscription): Promise<boolean> {
  if (names.instances === null) return false
  const pairs = reportsOn(subscription, names.instances).flatMap(({ pairs: all }) => all)
  const isRead = pairs.some(({ partition, inFlight, queued }) => partition === at.partition && inFlight + queued > 0)
  // While the log cannot be asked, nothing is said to be gone.
  return !isRead && (await record().catch(() => undefined)) === null
}
