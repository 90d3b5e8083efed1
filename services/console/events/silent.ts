import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { deliveryId } from '#shared/delivery/delivery-id.ts'
import { becauseOf, compileFilter } from '#shared/event/filter/filter.ts'
import { positionOf, type StoredRecord } from '#shared/event/record.ts'
import type { InstanceReport } from '#shared/redis/instances.ts'
import type { Console } from '../context.ts'
import { bareDelivery } from '../deliveries/answer.ts'
import { type Finished, readFinished } from '../deliveries/finished.ts'
import type { StateNames } from '../deliveries/live-state.ts'
import { phaseOf, reportsOn } from '../subscription-status.ts'
import type { EventPosition } from './stored.ts'

/** What a subscription's silence about an event is judged by. */
export type Scene = {
  console: Pick<Console, 'admin' | 'index' | 'catalog' | 'monitor'>
  stream: Stream
  at: EventPosition & { key: string | null }
  /** The event itself; null when it is gone. */
  record(): Promise<StoredRecord | null>
  names: StateNames
  instances: readonly InstanceReport[] | null
}

/**
 * Why nothing is written about an event: the subscription began later, has not come to it, left it out by its filter, or what
 * it did was lost.
 */
export async function silentDelivery(scene: Scene, subscription: Subscription, known?: Finished) {
  const { console, stream, at } = scene
  const { partition, offset } = at
  const owner = { subscription: subscription.name, uid: subscription.uid, stream: stream.name, partition }
  const start = subscription.startOffsets[String(partition)] ?? 0
  if (offset < start) {
    const because = `the subscription begins later, at ${positionOf(stream.name, partition, start)}`
    return bareDelivery(owner, offset, { state: 'skipped', because })
  }
  const finished = known ?? (await finishedOf(console, subscription, stream))
  if (!finished.has(partition, offset)) return await waitingDelivery(scene, subscription, finished)
  const filtered = await filteredBecause(scene, subscription)
  if (filtered !== null) return bareDelivery(owner, offset, { state: 'filtered', because: filtered })
  const because = (await scene.record()) === null ? lostAndGone : lost
  return bareDelivery(owner, offset, { state: 'unknown', because })
}

const lost = 'it is over, but the attempts log says nothing about it: that was lost in trouble, or has expired'
const lostAndGone = `${lost}, and so has the event`

export function finishedOf(
  { admin }: Pick<Console, 'admin'>,
  { group }: Pick<Subscription, 'group'>,
  { topic }: Pick<Stream, 'topic'>,
): Promise<Finished> {
  return readFinished(admin, { group, topic })
}

/** One that waits for its first turn: behind a failed one of its key, for its subscription, or just in the queue. */
export async function waitingDelivery(scene: Scene, subscription: Subscription, finished: Finished) {
  const { stream, names, at } = scene
  const { partition, offset, key } = at
  const owner = { subscription: subscription.name, uid: subscription.uid, stream: stream.name, partition }
  const state = names.waiting(owner, offset)
  const bare = (because: string | null) => bareDelivery(owner, offset, { state, because })
  if (state === 'delivering') return bare('an attempt is under way')
  if (state !== 'queued') return bare(becauseOfPhase(scene, subscription))
  const behind = key === null || subscription.ordering !== 'key' ? null : await blockerOf(scene, subscription, key)
  if (behind !== null) {
    const id = deliveryId(subscription.name, partition, behind)
    return { ...bare(`behind ${id} of the same key`), state: 'waiting', behind: id }
  }
  const before = offset - (finished.bounds(partition)?.from ?? subscription.startOffsets[String(partition)] ?? offset)
  return bare(
    before > 0 ? `${before} earlier events of its partition are not over` : becauseOfPhase(scene, subscription),
  )
}

/** A key goes on without what failed when its subscription says so. */
async function blockerOf({ console, at }: Scene, { uid, retry }: Subscription, key: string): Promise<number | null> {
  if (retry.whileBlocked === 'skip') return null
  return await console.index
    .ask('openBefore', { uid, partition: at.partition, offset: at.offset, key })
    .catch(() => null)
}

/** What is the matter with a subscription that delivers nothing now. */
export function becauseOfPhase({ console, instances }: Scene, subscription: Subscription): string | null {
  const reports = reportsOn(subscription, instances)
  const { phase, reason } = phaseOf(console, subscription, reports)
  const error = reports.flatMap(({ targets }) => targets).find(({ lastError }) => lastError !== null)?.lastError
  switch (reason) {
    case 'operator':
      return 'an operator paused the subscription'
    case 'held-by-operator':
      return 'an operator holds the subscription'
    case 'all-targets-failing':
      return error == null ? 'all targets of the subscription fail' : `all targets of the subscription fail: ${error}`
    case 'target-waits':
      return 'the target asked to wait'
    case 'receiver-gone':
      return 'every target answered 410: the receiver is gone for good'
    case null:
      return phase === 'active' ? 'it is its turn' : null
    default:
      return `the subscription is ${phase}: ${reason}`
  }
}

/** Why the filter of now leaves the event out; null when it lets it pass, or the event is gone. */
async function filteredBecause({ stream, record }: Scene, { filter }: Subscription): Promise<string | null> {
  if (filter.types === null && filter.cel === null) return null
  const compiled = compileFilter(filter)
  const usable = compiled.kind === 'usable' ? compiled.filter : null
  const stored = usable === null ? null : await record()
  // What is no event is a dead letter, whatever the filter.
  if (usable === null || stored === null || stored.value === null) return null
  return becauseOf(filter, usable.verdict(stored, stream))
}
