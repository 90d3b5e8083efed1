import { BatchBuilder } from '#shared/delivery/log/batch.ts'
import type { LogEntry, LoggedAttempt, LoggedComparison, LoggedRange } from '#shared/delivery/log/entries.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { partitionForKey } from '#shared/kafka/partitioner.ts'

export const partitions = 6

export type Told = Partial<LogEntry> & { offset: number }

type More = {
  /** Of events that nobody delivers; expired ones unless they say otherwise. */
  ranges?: readonly (Pick<LoggedRange, 'from' | 'to'> & Partial<LoggedRange>)[]
  comparisons?: readonly Omit<LoggedComparison, 'atMs'>[]
  /** The name that the subscription had. */
  subscription?: string
  job?: string
}

/** An attempts topic in memory. Every record tells of partition 0 of its subscription. */
export function logInMemory() {
  const records: StoredRecord[][] = Array.from({ length: partitions }, () => [])
  let reads = 0
  const admin: Pick<KafkaAdmin, 'read' | 'offsets' | 'offsetsAt'> = {
    async read({ partition, from, to, mostBytes = 0 }) {
      reads += 1
      const wanted = (records[partition] ?? []).slice(from, to)
      const fitting: StoredRecord[] = []
      let bytes = 0
      for (const record of wanted) {
        if (bytes >= mostBytes) break
        fitting.push(record)
        bytes += record.value?.length ?? 0
      }
      return { records: fitting, next: fitting.length === wanted.length ? to : from + fitting.length, bytes }
    },
    offsets: async () => records.map(({ length }, partition) => ({ partition, low: 0, high: length })),
    offsetsAt: async (_topic, atMs) =>
      records.map((all, partition) => {
        const found = all.findIndex(({ timestampMs }) => timestampMs >= atMs)
        return { partition, offset: found < 0 ? all.length : found }
      }),
  }
  return {
    admin,
    reads: () => reads,
    /** One record, stored at `atMs`. */
    write(uid: string, atMs: number, told: readonly Told[], more: More = {}) {
      const { ranges = [], comparisons = [], subscription = `s-${uid}`, job = null } = more
      const owner = { uid, subscription, stream: 'orders', partition: 0, instance: 'one', job }
      const builder = new BatchBuilder(owner)
      for (const one of told) builder.add(entry({ atMs, ...one }))
      for (const one of ranges) builder.addRange({ state: 'expired', atMs, ...one })
      for (const one of comparisons) builder.compare({ atMs, ...one })
      const partition = partitionForKey(Buffer.from(uid), partitions)
      const log = records[partition]
      log?.push({ ...builder.take(), topic: 'attempts', partition, offset: log.length, timestampMs: atMs })
    },
  }
}

export function entry(told: Told & { atMs: number }): LogEntry {
  const rest = { key: 'k', type: 'order.created', behind: null, nextAttemptAtMs: null, attempts: 1 }
  return {
    ...{ ...rest, state: 'delivered', because: 'target answered 204', firstAttemptAtMs: told.atMs },
    ...{ list: [attempt({ atMs: told.atMs })], ...told },
  }
}

export function attempt(changes: Partial<LoggedAttempt>): LoggedAttempt {
  return {
    ...{ number: 1, atMs: 0, url: 'http://one/', decision: 'delivered', code: 'status-204', status: 204 },
    ...{ detail: 'target answered 204', head: {}, body: null, isTruncated: false, isCompared: false },
    timingsMs: { dns: 0, connect: 0, tls: 0, firstByte: 1, total: 1.5 },
    ...changes,
  }
}
