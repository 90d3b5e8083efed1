import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { type DeliveryPlace, parseDeliveryId } from '#shared/delivery/delivery-id.ts'
import { TailraceError } from '#shared/errors.ts'
import { describeEvent } from '#shared/event/describe.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { partitionForKey } from '#shared/kafka/partitioner.ts'
import type { Console } from '../context.ts'
import type { Scene } from '../events/scene.ts'
import { finishedOf, silentDelivery } from '../events/silent.ts'
import { waitingNow } from '../events/waiting.ts'
import { attemptOf, deliveryOf, passedOverDelivery } from './answer.ts'
import { comparisonOf } from './comparisons.ts'
import { traceDeleted } from './deleted.ts'
import { indexedTrace, type ToldTrace } from './indexed-trace.ts'
import { readStateNames, type StateNames } from './live-state.ts'
import { readComparisons } from './read-comparisons.ts'
import { emptyTrace, lastRange, type Trace, type TraceOptions, traceDelivery } from './trace.ts'

type Wanted = { subscription: Subscription; stream: Stream; partition: number; offset: number }

/**
 * One delivery with all its attempts, as far as the log still has them. Where the log says nothing, the position of the
 * subscription still tells whether it is over. Rejects with `not-found`.
 */
export async function findDelivery(console: Console, id: string) {
  const place = parseDeliveryId(id)
  if (place === null) throw new TailraceError('not-found', 'an id is <subscription>-<partition>-<offset>')
  const wanted = wantedOf(console, place)
  if (wanted !== null) return await findLiving(console, wanted)
  return await findDeleted(console, place, `there is no subscription ${place.subscription.slice(0, 64)}`)
}

async function findLiving(console: Console, wanted: Wanted) {
  const { subscription, partition, offset } = wanted
  const place = { subscription: subscription.name, partition, offset }
  const otherwise = `${subscription.name} has no such delivery: ${wanted.stream.name} has no event there, or it began later`
  const record = await eventOf(console, wanted)
  // An earlier subscription, of another stream maybe, may have had the name.
  if (record === undefined) return await findDeleted(console, place, otherwise)
  const asked = { uid: subscription.uid, ...place }
  const trace = (await indexedTrace(console, asked)) ?? (await traceOf(console, wanted, record?.timestampMs ?? null))
  const names = { subscription: subscription.name, uid: subscription.uid, stream: subscription.stream, partition }
  const states = await readStateNames(console)
  const told = toldBy(trace, { names, offset, states })
  const scene = await sceneOf(console, wanted, { record, states })
  if (told !== null && told.state !== 'skipped') return await waitingNow(told, scene, subscription)
  const finished = await finishedOf(console, subscription, wanted.stream)
  // An operator may have gone back behind it.
  if (told !== null && finished.has(partition, offset)) return told
  // Only a seek leads there, and then the log says so.
  if (offset < (subscription.startOffsets[String(partition)] ?? 0)) {
    return await findDeleted(console, place, otherwise)
  }
  const item = await silentDelivery(scene, subscription, finished)
  const because = item.state === 'unknown' && !trace.isWhole ? unread : item.because
  return { ...item, because, attemptList: told?.attemptList ?? [] }
}

const unread = 'it is over, but what happened stands in a part of the attempts log that was not read'

type Seen = { record: StoredRecord | null; states: StateNames }

async function sceneOf(console: Console, { stream, partition, offset }: Wanted, seen: Seen): Promise<Scene> {
  const { record, states } = seen
  const at = { stream: stream.name, partition, offset }
  const kept = record === null ? await console.index.ask('eventAt', at).catch(() => null) : null
  const { key, type } = record === null ? (kept ?? { key: null, type: null }) : describeEvent(record, stream)
  return { console, stream, at: { ...at, key, type }, record: async () => record, names: states }
}

/** The attempts of a subscription outlive it. */
async function findDeleted(console: Console, place: DeliveryPlace, otherwise: string) {
  const { admin, catalog, topics } = console
  const isKnown = (uid: string) => catalog.subscriptionByUid(uid) !== undefined
  const { trace, names } = await traceDeleted({ admin, topic: topics.attempts, isKnown }, place)
  const states = await readStateNames(console)
  const told = names === null ? null : toldBy(trace, { names, offset: place.offset, states })
  if (told !== null) return told
  const unread = trace.isWhole ? '' : ', as far as it could be read now'
  throw new TailraceError('not-found', `${otherwise}; the attempts log tells of none either${unread}`)
}

type Told = { names: Parameters<typeof deliveryOf>[0]; offset: number; states: StateNames }

/** What the log says about it; null when that is nothing. */
function toldBy(trace: ToldTrace, { names, offset, states }: Told) {
  const { found, comparisons } = trace
  const newest = found.at(-1)?.entry
  const attemptList = found.flatMap(({ batch, entry }) =>
    entry.list.map((attempt, at) => {
      const isNewest = entry === newest && at === entry.list.length - 1
      return attemptOf(attempt, batch, {
        nextAttemptAtMs: isNewest && states.goesOn(names.uid) ? entry.nextAttemptAtMs : null,
        compared: comparisonOf(attempt, batch.instance, comparisons),
      })
    }),
  )
  const range = lastRange(trace)
  if (range !== null) return { ...passedOverDelivery(names, offset, range), attemptList }
  return newest === undefined ? null : { ...deliveryOf(names, newest, states), attemptList }
}

/** Null when there is no such subscription any more, or none that has a stream. */
function wantedOf({ catalog }: Console, { subscription: name, partition, offset }: DeliveryPlace): Wanted | null {
  const subscription = catalog.subscription(name)
  const stream = subscription === undefined ? undefined : catalog.stream(subscription.stream)
  return subscription === undefined || stream === undefined ? null : { subscription, stream, partition, offset }
}

/** The event as it was stored; null when retention has taken it, undefined when there never was one. */
async function eventOf({ admin }: Console, { stream, partition, offset }: Wanted) {
  const bounds = (await admin.offsets(stream.topic)).find((one) => one.partition === partition)
  if (bounds === undefined || offset >= bounds.high) return undefined
  if (offset < bounds.low) return null
  return (await admin.read({ topic: stream.topic, partition, from: offset, to: offset + 1 })).records[0] ?? null
}

async function traceOf(console: Console, wanted: Wanted, sinceMs: number | null): Promise<Trace> {
  const { admin, topics } = console
  const { uid } = wanted.subscription
  const logs = await admin.offsets(topics.attempts)
  const own = partitionForKey(Buffer.from(uid), Math.max(1, logs.length))
  const log = logs.find((one) => one.partition === own)
  if (log === undefined) return { ...emptyTrace(), isWhole: true }
  const part = { topic: topics.attempts, ...log }
  const { partition, offset } = wanted
  const options: TraceOptions = { admin, part, wanted: { uid, partition, offset }, sinceMs }
  const trace = await traceDelivery(options)
  await readComparisons(options, trace)
  return trace
}
