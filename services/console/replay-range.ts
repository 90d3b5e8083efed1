import type { Stream } from '#shared/catalog/model.ts'
import { parseFrom, startOffsets } from '#shared/catalog/start-offsets.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { KafkaAdmin, PartitionOffsets } from '#shared/kafka/admin.ts'
import { inSlices } from '#shared/resilience/slices.ts'
import { bodyInvalid } from './body.ts'
import { offsetFaults } from './seek-offsets.ts'

/** A place in a stream as an operator names it: `earliest`, `latest`, a time, or offsets by partition. */
export type Moment = string | Readonly<Record<string, number>>

/** Partition number → offsets [from, to). */
export type Ranges = { from: Record<string, number>; to: Record<string, number> }

type Question = { stream: Pick<Stream, 'name' | 'topic'>; from: Moment; to: Moment }

/**
 * The offsets that a replay goes through, fixed now: what is published later is not part of it. Offsets by partition leave
 * the partitions out that they do not name. Throws `body-invalid` for a moment that is none or an offset that is not there.
 */
export async function replayRanges(
  admin: Pick<KafkaAdmin, 'offsets' | 'offsetsAt'>,
  { stream, from, to }: Question,
): Promise<Ranges> {
  const bounds = await admin.offsets(stream.topic)
  const faults = [
    ...momentFaults('from', from, { stream: stream.name, bounds }),
    ...momentFaults('to', to, { stream: stream.name, bounds }),
  ]
  if (faults.length > 0) throw bodyInvalid(faults)
  const [starts, ends] = [await offsetsOf(admin, stream.topic, from), await offsetsOf(admin, stream.topic, to)]
  const ranges: Ranges = { from: {}, to: {} }
  for (const { partition, low } of bounds) {
    const [start, end] = [starts[String(partition)], ends[String(partition)]]
    if (start === undefined || end === undefined || Math.max(start, low) >= end) continue
    ranges.from[String(partition)] = Math.max(start, low)
    ranges.to[String(partition)] = end
  }
  return ranges
}

function momentFaults(member: 'from' | 'to', moment: Moment, facts: { stream: string; bounds: PartitionOffsets[] }) {
  if (typeof moment !== 'string') {
    return offsetFaults(moment, facts).map((fault) => ({ ...fault, pointer: `/${member}${fault.pointer?.slice(3)}` }))
  }
  if (parseFrom(moment) !== undefined) return []
  const detail = `${member} is earliest, latest, an RFC 3339 time, or offsets by partition`
  return [{ pointer: `/${member}`, code: 'wrong-form', detail, fix: 'for example "earliest" or {"0": 900}' }]
}

async function offsetsOf(admin: Pick<KafkaAdmin, 'offsets' | 'offsetsAt'>, topic: string, moment: Moment) {
  if (typeof moment !== 'string') return moment
  return await startOffsets(admin as KafkaAdmin, topic, parseFrom(moment) ?? 'latest')
}

/** As much of a range is looked at to count it; what is beyond is estimated. */
const most = { events: 100_000, bytes: 64 * 1024 * 1024, ms: 4_000, sample: 5 }

export type Size = {
  matched: number
  bytes: number
  /** Only a part was looked at. */
  isEstimate: boolean
  positions: { partition: number; offset: number }[]
}

/**
 * Counts the events of ranges that pass, and their bytes: exactly up to 100,000 events, 64 MiB or 4 s; beyond that each
 * partition is estimated by its beginning, of which it has an equal share.
 */
export async function measureRanges(
  admin: Pick<KafkaAdmin, 'read'>,
  { topic, ranges, passes }: { topic: string; ranges: Ranges; passes(record: StoredRecord): boolean },
): Promise<Size> {
  const parts = Object.entries(ranges.to).map(([name, to]) => ({
    partition: Number(name),
    from: ranges.from[name] ?? to,
    to,
  }))
  const size: Size = { matched: 0, bytes: 0, isEstimate: false, positions: [] }
  const left = { events: most.events, bytes: most.bytes, untilMs: performance.now() + most.ms }
  for (const [index, part] of parts.entries()) {
    const share = shareOf(left, parts.length - index)
    const counted = await countPart(admin, { topic, ...part, passes }, share)
    left.events -= counted.events
    left.bytes -= counted.readBytes
    const scale = counted.next >= part.to ? 1 : (part.to - part.from) / Math.max(1, counted.next - part.from)
    size.matched += Math.round(counted.matched * scale)
    size.bytes += Math.round(counted.bytes * scale)
    size.isEstimate ||= scale !== 1
    size.positions.push(...counted.positions.slice(0, most.sample - size.positions.length))
  }
  return size
}

type Share = { events: number; bytes: number; untilMs: number }

/** What one partition may take when so many still come, itself included. */
function shareOf({ events, bytes, untilMs }: Share, parts: number): Share {
  const nowMs = performance.now()
  return { events: events / parts, bytes: bytes / parts, untilMs: nowMs + Math.max(0, untilMs - nowMs) / parts }
}

type Part = { topic: string; partition: number; from: number; to: number; passes(record: StoredRecord): boolean }

/** At least one fetch of it, so that something is known of each partition. */
async function countPart(admin: Pick<KafkaAdmin, 'read'>, { passes, ...part }: Part, share: Share) {
  const counted = { events: 0, readBytes: 0, matched: 0, bytes: 0, next: part.from, positions: [] as Size['positions'] }
  const slices = inSlices()
  const isSpent = () =>
    counted.events >= share.events || counted.readBytes >= share.bytes || performance.now() >= share.untilMs
  do {
    const { records, next } = await admin.read({ ...part, from: counted.next })
    for (const record of records) {
      await slices.pause()
      counted.next = record.offset + 1
      counted.events += 1
      const bytes = record.value?.length ?? 0
      counted.readBytes += bytes
      if (passes(record)) {
        counted.matched += 1
        counted.bytes += bytes
        if (counted.positions.length < most.sample)
          counted.positions.push({ partition: part.partition, offset: record.offset })
      }
      if (isSpent()) return counted
    }
    counted.next = next
  } while (counted.next < part.to && !isSpent())
  return counted
}
