import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { becauseOf, compileFilter } from '#shared/event/filter/filter.ts'
import { positionOf, type StoredRecord } from '#shared/event/record.ts'
import type { Console } from '../context.ts'
import { bareDelivery } from '../deliveries/answer.ts'
import { type Finished, readFinished } from '../deliveries/finished.ts'
import type { Scene } from './scene.ts'
import { waitingDelivery } from './waiting.ts'

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

/** Why the filter of now leaves the event out; null when it lets it pass, or by the type alone where the event is gone. */
async function filteredBecause({ stream, at, record }: Scene, { filter }: Subscription): Promise<string | null> {
  if (filter.types === null && filter.cel === null) return null
  const compiled = compileFilter(filter)
  const usable = compiled.kind === 'usable' ? compiled.filter : null
  const stored = usable === null ? null : await record()
  if (usable === null) return null
  if (stored === null && at.type === null) return null
  if (stored === null) return becauseOf(filter, usable.typeVerdict(typeOnly(stream, at), stream))
  // What is no event is a dead letter, whatever the filter.
  return stored.value === null ? null : becauseOf(filter, usable.verdict(stored, stream))
}

/** What the index still knows of an event that is gone. */
function typeOnly({ topic }: Stream, { partition, offset, type }: Scene['at']): StoredRecord {
  const headers = type === null ? {} : { ce_type: type }
  return { topic, partition, offset, timestampMs: 0, key: null, value: null, headers }
}
