import { isSettled, type LogBatch, type LogEntry, type LoggedRange } from '#shared/delivery/log/entries.ts'
import { batchOwner, readBatch } from '#shared/delivery/log/read-batch.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { inSlices } from '#shared/resilience/slices.ts'
import { comparisonsIn, type FoundComparison } from './comparisons.ts'
import { type Budget, isSpent, newestFirst, type Part } from './newest-first.ts'

export type TraceOptions = {
  admin: Pick<KafkaAdmin, 'read' | 'offsetsAt'>
  /** The partition of the attempts topic that holds the subscription. */
  part: Part
  wanted: { uid: string; partition: number; offset: number }
  /** Broker time of the event: nothing was attempted before it. null when the event is gone. */
  sinceMs: number | null
}

/** One entry of a delivery, and the record that told it. */
export type Found = { batch: LogBatch; entry: LogEntry }

/** `passedOver`: the newest range in which it was not delivered. `isWhole`: nothing that the log holds was left unread. */
export type Trace = {
  found: Found[]
  comparisons: FoundComparison[]
  passedOver: LoggedRange | null
  isWhole: boolean
}

/** Nothing yet. */
export const emptyTrace = (): Trace => ({ found: [], comparisons: [], passedOver: null, isWhole: false })

const forward = { bytes: 8 * 1024 * 1024, ms: 2_500 }
const backward = { bytes: 8 * 1024 * 1024, ms: 1_500 }
const chunkRecords = 256
const chunkBytes = 1024 * 1024

/** Clocks of instances and brokers differ by less; a record is written after what it tells about. */
export const slackMs = 2_000

/**
 * What the log says about one delivery, oldest first. Its first entry stands soon after the event, and each one that is
 * not the last says when the next attempt is due: from there reading goes on, so hours of other deliveries are passed
 * over. An attempt may have come earlier (after a hold everything is due), and the budget may be spent on the way: as long
 * as no last entry was found, what was left out is read backwards for the latest one; behind a dead letter, for all that
 * jobs did with it.
 */
export async function traceDelivery(options: TraceOptions): Promise<Trace> {
  const trace = emptyTrace()
  const { part, sinceMs } = options
  const start = sinceMs === null ? part.low : await offsetAt(options, sinceMs - slackMs)
  const { reached, leftOutFrom } = await readForward(options, trace, start)
  const unread = leftOutFrom ?? reached
  trace.isWhole = isOver(trace) || unread >= part.high
  if (!trace.isWhole || mayBeRedriven(trace)) await readBackward(options, trace, { ...part, low: unread })
  return trace
}

/** `leftOutFrom`: what was passed over last, after the latest entry. */
type Forward = { reached: number; leftOutFrom: number | null }

async function readForward(options: TraceOptions, trace: Trace, start: number): Promise<Forward> {
  const { admin, part } = options
  const budget: Budget = { bytesLeft: forward.bytes, untilMs: performance.now() + forward.ms }
  const slices = inSlices()
  let at = Math.max(start, part.low)
  let leftOutFrom: number | null = null
  while (at < part.high && !isOver(trace) && !isSpent(budget)) {
    const { topic, partition, high } = part
    const to = Math.min(high, at + chunkRecords)
    const { records, next: behind, bytes } = await admin.read({ topic, partition, from: at, to, mostBytes: chunkBytes })
    budget.bytesLeft -= bytes
    let due: number | null = null
    at = behind
    for (const record of records) {
      await slices.pause()
      if (!note(options, trace, record)) continue
      due = trace.found.at(-1)?.entry.nextAttemptAtMs ?? null
      if (due === null && !isOver(trace)) continue
      at = record.offset + 1
      break
    }
    if (due === null) continue
    const next = await offsetAt(options, due - slackMs)
    leftOutFrom = next > at ? at : null
    at = Math.max(at, next)
  }
  return { reached: at, leftOutFrom }
}

async function readBackward(options: TraceOptions, trace: Trace, part: Part): Promise<void> {
  const budget: Budget = { bytesLeft: backward.bytes, untilMs: performance.now() + backward.ms }
  const later = emptyTrace()
  const wantsAll = mayBeRedriven(trace)
  for await (const record of newestFirst(options.admin, [part], budget)) {
    if (note(options, later, record) && !wantsAll) break
  }
  later.found.sort((a, b) => a.entry.atMs - b.entry.atMs)
  // Met on the way forward already, behind what was left out.
  const known = trace.found.at(-1)
  const isKnown = ({ entry }: Found) => entry.atMs === known?.entry.atMs && entry.state === known.entry.state
  trace.found.push(...later.found.filter((found) => !isKnown(found)))
  trace.comparisons.push(...later.comparisons)
  trace.passedOver = later.passedOver ?? trace.passedOver
  trace.isWhole = !isSpent(budget)
}

function note({ wanted }: TraceOptions, trace: Trace, record: StoredRecord): boolean {
  const batch = batchOf(wanted, record)
  return batch !== null && noteBatch(trace, batch, wanted.offset)
}

/** Takes what a record about the partition of a delivery tells of it; false when it does not say where it stands. */
export function noteBatch(trace: Trace, batch: LogBatch, offset: number): boolean {
  const entries = batch.entries.filter((entry) => entry.offset === offset)
  const ranges = batch.ranges.filter(({ from, to }) => offset >= from && offset < to)
  trace.found.push(...entries.map((entry) => ({ batch, entry })))
  trace.comparisons.push(...comparisonsIn(batch, offset))
  for (const range of ranges) if (range.atMs >= (trace.passedOver?.atMs ?? 0)) trace.passedOver = range
  return entries.length > 0 || ranges.length > 0
}

/** A record about the partition of the delivery; null for any other. */
export function batchOf({ uid, partition }: TraceOptions['wanted'], record: StoredRecord): LogBatch | null {
  const owner = batchOwner(record)
  return owner?.uid === uid && owner.partition === partition ? readBatch(record) : null
}

/** The word that counts: nobody delivers it, as of now; null: its newest entry says what became of it. */
export function lastRange({
  found,
  passedOver,
}: {
  found: { entry: LogEntry }[]
  passedOver: LoggedRange | null
}): LoggedRange | null {
  return rangeThatCounts(found.at(-1)?.entry, passedOver)
}

/**
 * The same of the newest entry of a delivery and the newest range over it. Retention takes an event from its stream: what was
 * over before stays that, and what waits in the retry topic is there.
 */
export function rangeThatCounts(
  newest: Pick<LogEntry, 'atMs' | 'state'> | undefined,
  passedOver: LoggedRange | null,
): LoggedRange | null {
  if (passedOver === null || newest === undefined) return passedOver
  if (passedOver.state === 'expired' && newest.state !== 'queued') return null
  return passedOver.atMs >= newest.atMs ? passedOver : null
}

/** A job may have taken up what was over: its latest word stands at any later place. */
const mayBeRedriven = ({ found }: Trace) => found.at(-1)?.entry.state === 'dead-lettered'

/** Nothing is expected after this. */
function isOver(trace: Trace): boolean {
  return lastRange(trace)?.state === 'expired' || isSettled(trace.found.at(-1)?.entry.state)
}

/** Of the first record stored then or later. */
export async function offsetAt({ admin, part }: TraceOptions, atMs: number): Promise<number> {
  const offsets = await admin.offsetsAt(part.topic, Math.max(0, Math.floor(atMs)))
  return offsets.find(({ partition }) => partition === part.partition)?.offset ?? part.high
}
