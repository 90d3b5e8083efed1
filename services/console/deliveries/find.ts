import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { parseDeliveryId } from '#shared/delivery/delivery-id.ts'
import { TailraceError } from '#shared/errors.ts'
import { becauseOf, compileFilter } from '#shared/event/filter/filter.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { partitionForKey } from '#shared/kafka/partitioner.ts'
import type { Console } from '../context.ts'
import { attemptOf, bareDelivery, deliveryOf, expiredDelivery } from './answer.ts'
import { comparisonOf } from './comparisons.ts'
import { readStateNames } from './live-state.ts'
import { readComparisons } from './read-comparisons.ts'
import { emptyTrace, type Trace, type TraceOptions, traceDelivery } from './trace.ts'

type Wanted = { subscription: Subscription; stream: Stream; partition: number; offset: number }

/**
 * One delivery with all its attempts, as far as the log still has them. Where the log says nothing, the position of the
 * subscription still tells whether it is over. Rejects with `not-found`.
 */
export async function findDelivery(console: Console, id: string) {
  const wanted = requireDelivery(console, id)
  const { subscription, partition, offset } = wanted
  const record = await eventOf(console, wanted)
  const trace = await traceOf(console, wanted, record?.timestampMs ?? null)
  const names = { subscription: subscription.name, uid: subscription.uid, stream: subscription.stream, partition }
  const states = await readStateNames(console)
  const list = trace.found.flatMap(({ batch, entry }) =>
    entry.list.map((attempt, at) => {
      const isNewest = entry === trace.found.at(-1)?.entry && at === entry.list.length - 1
      return attemptOf(attempt, batch, {
        nextAttemptAtMs: isNewest ? entry.nextAttemptAtMs : null,
        compared: comparisonOf(attempt, batch.instance, trace.comparisons),
      })
    }),
  )
  const newest = trace.found.at(-1)?.entry
  if (trace.expiredAtMs !== null) return { ...expiredDelivery(names, offset, trace.expiredAtMs), attemptList: list }
  if (newest !== undefined)
    return { ...deliveryOf(names, newest, states.of(subscription.uid, newest)), attemptList: list }
  // Only a seek leads there, and then the log says so.
  if (offset < (subscription.startOffsets[String(partition)] ?? 0)) throw noEvent(wanted.stream, subscription)
  if (!(await isFinished(console, wanted))) {
    const state = states.waiting(subscription.uid)
    return { ...bareDelivery(names, offset, { state, because: null }), attemptList: list }
  }
  const filtered = filteredBecause(wanted, record)
  const known =
    filtered === null ? { state: 'unknown', because: lostDetail(trace) } : { state: 'filtered', because: filtered }
  return { ...bareDelivery(names, offset, known), attemptList: list }
}

/** Why the filter of now leaves an event out that was never attempted; null when it lets it pass, or the event is gone. */
function filteredBecause({ subscription, stream }: Wanted, record: StoredRecord | null): string | null {
  const compiled = compileFilter(subscription.filter)
  const filter = compiled.kind === 'usable' ? compiled.filter : null
  return filter === null || record === null ? null : becauseOf(subscription.filter, filter.verdict(record, stream))
}

function lostDetail({ isWhole }: Trace): string {
  if (!isWhole) return 'it is over, but what happened stands in a part of the attempts log that was not read'
  return 'it is over, but the attempts log says nothing about it: it was lost in trouble, or has expired'
}

function requireDelivery({ catalog }: Console, id: string): Wanted {
  const place = parseDeliveryId(id)
  if (place === null) throw new TailraceError('not-found', 'an id is <subscription>-<partition>-<offset>')
  const subscription = catalog.subscription(place.subscription)
  const stream = subscription === undefined ? undefined : catalog.stream(subscription.stream)
  if (subscription === undefined || stream === undefined) {
    throw new TailraceError('not-found', `there is no subscription ${place.subscription.slice(0, 64)}`)
  }
  return { subscription, stream, partition: place.partition, offset: place.offset }
}

/** The event as it was stored; null when retention has taken it. Rejects with `not-found` when there never was one. */
async function eventOf({ admin }: Console, { subscription, stream, partition, offset }: Wanted) {
  const bounds = (await admin.offsets(stream.topic)).find((one) => one.partition === partition)
  if (bounds === undefined || offset >= bounds.high) throw noEvent(stream, subscription)
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

function noEvent({ name }: Stream, { name: subscription }: Subscription): TailraceError {
  return new TailraceError(
    'not-found',
    `${subscription} has no such delivery: ${name} has no event there, or it began later`,
  )
}

/** Whether the position of the subscription lies behind it. Above the committed offset only the log can tell. */
async function isFinished({ admin }: Console, { subscription, stream, partition, offset }: Wanted): Promise<boolean> {
  const committed = await admin.committed(subscription.group, stream.topic)
  return offset < (committed.find((one) => one.partition === partition)?.offset ?? 0)
}
