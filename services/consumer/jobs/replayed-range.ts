import type { Job, JobState } from '#shared/catalog/job-schema.ts'
import type { Subscription } from '#shared/catalog/model.ts'
import { decodeMetadata, encodeMetadata } from '#shared/delivery/commit-metadata.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { inSlices } from '#shared/resilience/slices.ts'
import {
  type AckWindow,
  baseOf,
  finish,
  finishedRuns,
  isRestored,
  openWindow,
  passTo,
  start,
} from '../pair/ack-window.ts'
import { orderOf } from './order.ts'
import type { JobItem, JobSource } from './source.ts'

export type RangeOptions = {
  admin: Pick<KafkaAdmin, 'offsets' | 'read'>
  /** The topic of the stream. */
  topic: string
  job: Pick<Job, 'from' | 'ends'>
  ordering: Subscription['ordering']
  /** Whether an event is to be delivered; the others are passed over and count nowhere. */
  passes(record: StoredRecord): boolean
  /** How far an earlier runner came. */
  known: JobState | undefined
}

type Part = { partition: number; end: number; window: AckWindow; read: StoredRecord[] }

/** Partitions that are read at a time: each holds at most one fetch of 1 MiB. */
const partsAtOnce = 8

/**
 * The events that a replay goes through. How far it is, by partition: the lowest unfinished offset and what is finished above
 * it, as in a commit; its runner writes that into the state record.
 */
export async function openReplayedRange(options: RangeOptions): Promise<JobSource> {
  const { admin, topic, job, ordering, passes, known } = options
  const parts = partsOf(job, known)
  const expired: string[] = []
  const counts = { done: known?.done ?? 0, delivered: known?.delivered ?? 0, deadLettered: known?.deadLettered ?? 0 }
  let passedOver = 0
  const skipExpired = async (part: Part) => {
    const low = (await admin.offsets(topic)).find(({ partition }) => partition === part.partition)?.low ?? 0
    if (part.window.next >= low) return
    const to = Math.min(low, part.end)
    expired.push(`${part.partition}/${part.window.next} to ${to - 1}`)
    passTo(part.window, to)
  }
  const read = async (part: Part) => {
    await skipExpired(part)
    const { records, next } = await admin.read({
      ...{ topic, partition: part.partition, from: part.window.next, to: part.end },
    })
    const slices = inSlices()
    for (const record of records) {
      const pause = slices.pause()
      if (pause !== undefined) await pause
      passTo(part.window, record.offset + 1)
      if (isRestored(part.window, record.offset)) continue
      start(part.window, record.offset)
      if (passes(record)) {
        part.read.push(record)
        continue
      }
      finish(part.window, record.offset)
      passedOver += 1
    }
    passTo(part.window, next)
  }
  const isRead = ({ window, end }: Part) => window.next >= end
  const itemOf = (record: StoredRecord): JobItem => ({
    ...{ letter: null, source: record, askedToWait: null },
    order: orderOf(ordering, record, record.key?.toString('latin1') ?? null),
    load: async () => record,
  })
  return {
    async next(count) {
      const open = parts.filter((part) => !isRead(part) || part.read.length > 0).slice(0, partsAtOnce)
      await Promise.all(open.filter((part) => part.read.length === 0 && !isRead(part)).map(read))
      const each = Math.ceil(count / Math.max(1, open.length))
      const items = open.flatMap((part) => part.read.splice(0, each).map(itemOf))
      return { items, isLast: parts.every((part) => isRead(part) && part.read.length === 0) }
    },
    ended({ source }, ending) {
      const part = parts.find(({ partition }) => partition === source.partition)
      if (part !== undefined) finish(part.window, source.offset)
      counts.done += 1
      if (ending === 'delivered') counts.delivered += 1
      else counts.deadLettered += 1
    },
    counts: () => counts,
    seen: () => counts.done + passedOver,
    cursor: () => Object.fromEntries(parts.map((part) => [String(part.partition), cursorOf(part)])),
    missing: () =>
      expired.length === 0
        ? null
        : `retention took events before they were replayed: ${expired.slice(0, 10).join(', ')}`,
  }
}

function partsOf({ from, ends }: RangeOptions['job'], known: JobState | undefined): Part[] {
  return Object.entries(ends).map(([name, end]) => {
    const cursor = known?.cursor[name]
    const base = cursor?.base ?? from[name] ?? end
    const { runs } = decodeMetadata(cursor?.runs ?? '', base)
    return { partition: Number(name), end, window: openWindow(base, runs), read: [] }
  })
}

function cursorOf({ window }: Part): { base: number; runs: string } {
  const base = baseOf(window)
  return { base, runs: encodeMetadata({ token: '', base, runs: finishedRuns(window), atMs: 0 }).text }
}
