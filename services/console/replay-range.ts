import type { Stream } from '#shared/catalog/model.ts'
import { parseFrom, startOffsets } from '#shared/catalog/start-offsets.ts'
import type { KafkaAdmin, PartitionOffsets } from '#shared/kafka/admin.ts'
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

/** As much of a range is read to count it; what is beyond is estimated. */
const most = { events: 100_000, bytes: 64 * 1024 * 1024, sample: 5 }

export type Size = { matched: number; bytes: number; positions: { partition: number; offset: number }[] }

/** Counts the events of ranges and their bytes: exactly up to 100,000 events or 64 MiB, beyond that by what was read. */
export async function measureRanges(
  admin: Pick<KafkaAdmin, 'read'>,
  topic: string,
  { from, to }: Ranges,
): Promise<Size> {
  const seen: Size = { matched: 0, bytes: 0, positions: [] }
  let unreadOffsets = 0
  for (const [name, end] of Object.entries(to)) {
    const partition = Number(name)
    let at = from[name] ?? end
    while (at < end && seen.matched < most.events && seen.bytes < most.bytes) {
      const { records, next } = await admin.read({ topic, partition, from: at, to: end })
      for (const { offset, value } of records) {
        seen.matched += 1
        seen.bytes += value?.length ?? 0
        if (seen.positions.length < most.sample) seen.positions.push({ partition, offset })
      }
      at = next
    }
    unreadOffsets += end - at
  }
  const each = seen.matched === 0 ? 0 : seen.bytes / seen.matched
  return { ...seen, matched: seen.matched + unreadOffsets, bytes: Math.round(seen.bytes + unreadOffsets * each) }
}
