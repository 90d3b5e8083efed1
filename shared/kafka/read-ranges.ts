import type { StoredRecord } from '#shared/event/record.ts'
import type { KafkaAdmin } from './admin.ts'
import type { RecordRange } from './read-records.ts'

export type Ranges = { topic: string; ranges: readonly Omit<RecordRange, 'topic'>[] }

/** Told of every record of a chunk, then, after the last one of it, where the partition has been read to. */
export type RangeReader = {
  onRecord(record: StoredRecord): void
  onProgress?(partition: number, next: number): void
  /** Asked before each chunk; false ends the reading. */
  goesOn?(): boolean
}

/** Reads ranges of several partitions of a topic side by side, each in order. Rejects as `read` does. */
export async function readRanges(
  admin: Pick<KafkaAdmin, 'read'>,
  { topic, ranges }: Ranges,
  reader: RangeReader,
): Promise<void> {
  await Promise.all(ranges.map((range) => readRange(admin, { topic, ...range }, reader)))
}

async function readRange(admin: Pick<KafkaAdmin, 'read'>, range: RecordRange, reader: RangeReader): Promise<void> {
  let { from } = range
  while (from < range.to && (reader.goesOn?.() ?? true)) {
    const { records, next } = await admin.read({ ...range, from })
    for (const record of records) reader.onRecord(record)
    reader.onProgress?.(range.partition, next)
    from = next
  }
}
