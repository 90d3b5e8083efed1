import type { StoredRecord } from '#shared/event/record.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'

type Part = { from: number; next: number; records: Map<number, StoredRecord> }

/**
 * Single records of a topic by their offset. Of each partition the last fetched MiB is kept: whoever asks in about the order
 * of the log fetches it once.
 */
export type RecordCache = {
  /** Null when the log no longer has it. Rejects while Kafka does not answer. */
  record(partition: number, offset: number): Promise<StoredRecord | null>
}

export function createRecordCache(admin: Pick<KafkaAdmin, 'read' | 'offsets'>, topic: string): RecordCache {
  const parts = new Map<number, Part>()
  const turns = new Map<number, Promise<unknown>>()
  const fetch = async (partition: number, offset: number): Promise<Part | null> => {
    const known = parts.get(partition)
    if (known !== undefined && offset >= known.from && offset < known.next) return known
    const bounds = (await admin.offsets(topic)).find((one) => one.partition === partition)
    if (bounds === undefined || offset < bounds.low || offset >= bounds.high) return null
    const { records, next } = await admin.read({ topic, partition, from: offset, to: bounds.high })
    const part = { from: offset, next, records: new Map(records.map((record) => [record.offset, record])) }
    parts.set(partition, part)
    return part
  }
  return {
    record(partition, offset) {
      // One after the other: who comes next most likely finds it in what the one before has fetched.
      const before = turns.get(partition) ?? Promise.resolve()
      const mine = before
        .catch(() => undefined)
        .then(async () => (await fetch(partition, offset))?.records.get(offset) ?? null)
      turns.set(partition, mine)
      return mine
    },
  }
}
