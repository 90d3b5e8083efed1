import type { DeliveryPlace } from '#shared/delivery/delivery-id.ts'
import type { LogBatch } from '#shared/delivery/log/entries.ts'
import { batchOwner, readBatch } from '#shared/delivery/log/read-batch.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { type Budget, isSpent, newestFirst } from './newest-first.ts'
import { emptyTrace, noteBatch, type Trace } from './trace.ts'

type Options = {
  admin: Pick<KafkaAdmin, 'read' | 'offsets'>
  /** The attempts topic. */
  topic: string
  /** Subscriptions that are there have a better way to be found. */
  isKnown(uid: string): boolean
}

/** `names`: what its subscription was; null when nothing is told. */
export type TraceOfDeleted = { trace: Trace; names: LogBatch | null }

const most = { bytes: 16 * 1024 * 1024, ms: 4_000 }

/**
 * What the attempts log still says about a delivery of a subscription that was deleted. Only the log knows its uid, so all of
 * it is read backwards, within a budget; of several subscriptions that had the name one after the other the last one counts
 * that had such a delivery.
 */
export async function traceDeleted({ admin, topic, isKnown }: Options, place: DeliveryPlace): Promise<TraceOfDeleted> {
  const budget: Budget = { bytesLeft: most.bytes, untilMs: performance.now() + most.ms }
  const parts = (await admin.offsets(topic)).map(({ partition, low, high }) => ({ topic, partition, low, high }))
  const traces = new Map<string, Trace>()
  let chosen: LogBatch | null = null
  for await (const record of newestFirst(admin, parts, budget)) {
    const uid = batchOwner(record)?.uid
    const batch = uid !== undefined && isOf(record, place) && !isKnown(uid) ? readBatch(record) : null
    if (batch === null) continue
    const trace = traces.get(batch.uid) ?? emptyTrace()
    traces.set(batch.uid, trace)
    if (chosen !== null && batch.uid !== chosen.uid) continue
    // What a second target answered stands behind its attempt, so it is met before anything says whose delivery it is.
    if (!noteBatch(trace, batch, place.offset)) continue
    chosen = batch
    if (isWholeStory(trace)) break
  }
  const trace = traces.get(chosen?.uid ?? '') ?? emptyTrace()
  trace.found.sort((a, b) => a.entry.atMs - b.entry.atMs)
  trace.isWhole = isWholeStory(trace) || !isSpent(budget)
  return { trace, names: chosen }
}

const isOf = ({ headers }: StoredRecord, { subscription, partition }: DeliveryPlace): boolean =>
  headers.tailrace_subscription === subscription && headers.tailrace_partition === String(partition)

/** Hardly anything is told before the first attempt. A replay begins to count anew, long after. */
const isWholeStory = ({ found, passedOver }: Trace): boolean =>
  passedOver?.state === 'expired' ||
  found.some(({ batch, entry }) => batch.job === null && entry.list.some(({ number }) => number === 1))
