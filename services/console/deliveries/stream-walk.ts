import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { batchOwner, readBatch } from '#shared/delivery/log/read-batch.ts'
import { describeEvent } from '#shared/event/describe.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { partitionForKey } from '#shared/kafka/partitioner.ts'
import type { bareDelivery } from './answer.ts'
import { isBehind, type Place } from './cursor.ts'
import { type Finished, readFinished } from './finished.ts'
import type { DeliveryFilter } from './list.ts'
import { type Budget, isSpent, newestFirst, type Part } from './newest-first.ts'

export type StreamQuestion = {
  admin: Pick<KafkaAdmin, 'read' | 'offsets' | 'offsetsAt' | 'committed'>
  subscription: Pick<Subscription, 'name' | 'uid' | 'stream' | 'filter' | 'group' | 'startOffsets' | 'updatedAt'>
  stream: Pick<Stream, 'name' | 'topic' | 'defaultType'>
  /** The attempts topic. */
  log: string
  filter: Omit<DeliveryFilter, 'uid' | 'name'>
  after: Place | null
  limit: number
}

type Item = ReturnType<typeof bareDelivery>

/** What is looked for. */
export type Sought = {
  /** What the subscription has gone through, or what it has not. */
  isFinished: boolean
  /** Null: not this one. */
  itemOf(record: StoredRecord): Item | null
  /** Whether a range of which the log says that nobody delivers it says so of this one. */
  heedsRanges: boolean
  /** Whether it is one also where too little of the log could be read to know that nothing is told about it. */
  isCertain(record: StoredRecord): boolean
}

type Met = { place: Place; item: Item; isCertain: boolean }

const most = { stream: { bytes: 8 * 1024 * 1024, ms: 3_000 }, log: { bytes: 8 * 1024 * 1024, ms: 2_000 } }

/** What is told about an event stands behind it; clocks of brokers differ by less. */
const slackMs = 2_000

/**
 * Deliveries that nothing is written about, newest first: found in the stream of their subscription, which is read backwards
 * within a budget, without those that the attempts log tells about after all. `next`: the place behind which more may stand.
 */
export async function walkStream(
  question: StreamQuestion,
  sought: Sought,
): Promise<{ items: Item[]; next: Place | null }> {
  const { admin, after, limit, filter, stream } = question
  const finished = await readFinished(admin, { group: question.subscription.group, topic: stream.topic })
  const parts = await partsOf(question, finished, sought)
  const budget = budgetOf(most.stream)
  const met: Met[] = []
  let last = after
  for await (const record of newestFirst(admin, parts, budget)) {
    const { partition, offset } = record
    const place = { atMs: record.timestampMs, partition, offset, index: 0 }
    if (after !== null && !isBehind(place, after)) continue
    if (met.length === limit) return { items: await untold(question, sought, met), next: last }
    last = place
    const isOne = finished.has(partition, offset) === sought.isFinished && isAsked(record, filter, stream)
    const item = isOne ? sought.itemOf(record) : null
    if (item !== null) met.push({ place, item, isCertain: sought.isCertain(record) })
  }
  return { items: await untold(question, sought, met), next: isSpent(budget) ? last : null }
}

const budgetOf = ({ bytes, ms }: typeof most.log): Budget => ({ bytesLeft: bytes, untilMs: performance.now() + ms })

/** The partitions of the stream, as far as what is looked for may stand there, in the time that is asked for. */
async function partsOf(question: StreamQuestion, finished: Finished, { isFinished }: Sought): Promise<Part[]> {
  const { admin, subscription, stream, filter, after } = question
  const { topic } = stream
  const offsetsAt = async (ms: number | null) =>
    offsetsOf(ms === null || !Number.isFinite(ms) ? [] : await admin.offsetsAt(topic, Math.max(0, Math.floor(ms))))
  const untilMs = Math.min(filter.untilMs ?? Number.POSITIVE_INFINITY, (after?.atMs ?? Number.POSITIVE_INFINITY) + 1)
  const bounds = await admin.offsets(topic)
  const [starts, ends] = [await offsetsAt(filter.sinceMs), await offsetsAt(untilMs)]
  return bounds.map(({ partition, low, high }) => {
    const start = subscription.startOffsets[String(partition)] ?? low
    const stands = finished.bounds(partition) ?? { from: start, to: start }
    const [from, to] = isFinished ? [start, stands.to] : [stands.from, high]
    return {
      ...{ topic, partition },
      low: Math.max(low, from, starts.get(partition) ?? 0),
      high: Math.min(to, high, ends.get(partition) ?? high),
    }
  })
}

function offsetsOf(list: readonly { partition: number; offset: number }[]): ReadonlyMap<number, number> {
  return new Map(list.map(({ partition, offset }) => [partition, offset]))
}

function isAsked(
  record: StoredRecord,
  { key, type, sinceMs, untilMs }: StreamQuestion['filter'],
  stream: StreamQuestion['stream'],
) {
  const { timestampMs } = record
  return (
    timestampMs >= (sinceMs ?? 0) &&
    timestampMs < (untilMs ?? Number.POSITIVE_INFINITY) &&
    (key === undefined || record.key?.toString() === key) &&
    (type === undefined || describeEvent(record, stream).type === type)
  )
}

/** Those that the attempts log does not tell about. */
async function untold({ admin, subscription, log }: StreamQuestion, { heedsRanges }: Sought, met: readonly Met[]) {
  const oldestMs = met.at(-1)?.place.atMs
  if (oldestMs === undefined) return []
  const open = new Map(met.map((one) => [nameOf(one.place), one]))
  const bounds = await admin.offsets(log)
  const own = partitionForKey(Buffer.from(subscription.uid), Math.max(1, bounds.length))
  const parts = bounds.filter(({ partition }) => partition === own).map((one) => ({ topic: log, ...one }))
  const budget = budgetOf(most.log)
  let reachedMs = Number.POSITIVE_INFINITY
  for await (const record of newestFirst(admin, parts, budget)) {
    reachedMs = record.timestampMs
    if (reachedMs < oldestMs - slackMs) break
    const batch = batchOwner(record)?.uid === subscription.uid ? readBatch(record) : null
    if (batch === null) continue
    const { partition } = batch
    for (const { offset } of batch.entries) open.delete(nameOf({ partition, offset }))
    for (const { from, to } of heedsRanges ? batch.ranges : []) {
      for (const [name, { place }] of open) {
        if (place.partition === partition && place.offset >= from && place.offset < to) open.delete(name)
      }
    }
  }
  const isWhole = !isSpent(budget)
  const isRead = ({ place }: Met) => isWhole || place.atMs >= reachedMs
  return [...open.values()].filter((one) => one.isCertain || isRead(one)).map(({ item }) => item)
}

const nameOf = ({ partition, offset }: Pick<Place, 'partition' | 'offset'>): string => `${partition}-${offset}`
