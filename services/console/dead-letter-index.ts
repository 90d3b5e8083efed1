import type { Catalog } from '#shared/catalog/catalog.ts'
import { shareRounds } from '#shared/catalog/shared-round.ts'
import type { DeadLetter, StreamOf } from '#shared/delivery/dead-letter-record.ts'
import { applyDeadLetter, type DeadLetterTable } from '#shared/delivery/dead-letter-table.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { readRanges } from '#shared/kafka/read-ranges.ts'
import type { Log } from '#shared/observability/log.ts'
import { within } from '#shared/resilience/deadline.ts'

/**
 * The unsettled dead letters of the installation, read from their topic: bodies stay there. States: behind (at the start)
 * → current, as of the last look; while Kafka cannot be asked it stays as it was.
 */
export type DeadLetterIndex = {
  /** Reads to the end of the topic as it is now; false when that failed or took longer than `timeoutMs`. */
  catchUp(timeoutMs: number): Promise<boolean>
  /** Newest first. */
  letters(): readonly DeadLetter[]
  /** Those of one subscription, as of the last look; null before the first one. */
  countOf(uid: string): number | null
  /** How far each partition has been read: the offset of its next record. */
  ends(): Record<string, number>
  /** When it was last current (ms); null before the first time. */
  asOfMs(): number | null
  close(): void
}

type Options = {
  admin: Pick<KafkaAdmin, 'offsets' | 'read'>
  topic: string
  streamOf: StreamOf
  log: Log
}

/** Keeps the first look of an operator short. */
const everyMs = 5_000

export function openDeadLetterIndex({ admin, topic, streamOf, log }: Options): DeadLetterIndex {
  const table: DeadLetterTable = new Map()
  const positions = new Map<number, number>()
  let sorted: readonly DeadLetter[] | undefined
  let counts: ReadonlyMap<string, number> | undefined
  const changed = () => {
    sorted = undefined
    counts = undefined
  }
  let asOfMs: number | null = null
  let isClosed = false
  const read = async () => {
    const startedAtMs = Date.now()
    const bounds = await admin.offsets(topic)
    for (const { partition, low } of bounds) if (low > (positions.get(partition) ?? 0)) positions.set(partition, low)
    const ranges = bounds.map(({ partition, high }) => ({ partition, from: positions.get(partition) ?? 0, to: high }))
    await readRanges(
      admin,
      { topic, ranges },
      {
        onRecord(record) {
          applyDeadLetter(table, record, streamOf)
          changed()
        },
        onProgress: (partition, next) => void positions.set(partition, next),
        goesOn: () => !isClosed,
      },
    )
    if (forgetExpired(table, new Map(bounds.map(({ partition, low }) => [partition, low])))) changed()
    asOfMs = startedAtMs
    return true
  }
  // One after the other: a record read twice would bring back what the one behind it settled.
  let last: Promise<unknown> = Promise.resolve()
  const round = shareRounds(() => {
    const mine = last.then(read).catch((error: unknown) => {
      log.debug({ err: error }, 'the dead letters cannot be read now')
      return false
    })
    last = mine
    return mine
  })
  void round()
  const timer = setInterval(round, everyMs)
  return {
    catchUp: (timeoutMs) => within(round(), timeoutMs, false),
    letters() {
      sorted ??= [...table.values()].sort(byNewest)
      return sorted
    },
    countOf(uid) {
      if (asOfMs === null) return null
      counts ??= countsBySubscription(table)
      return counts.get(uid) ?? 0
    },
    ends: () => Object.fromEntries(positions),
    asOfMs: () => asOfMs,
    close() {
      isClosed = true
      clearInterval(timer)
    },
  }
}

/** The stream of a topic as the catalog has it; of one that was deleted, the name in its topic. */
export function streamOfCatalog(catalog: Pick<Catalog, 'streams'>, eventsPrefix: string): StreamOf {
  return (topic) => {
    const known = catalog.streams().find((stream) => stream.topic === topic)
    const name = topic.startsWith(eventsPrefix) ? topic.slice(eventsPrefix.length) : topic
    return known ?? { name, defaultType: null }
  }
}

function forgetExpired(table: DeadLetterTable, lows: ReadonlyMap<number, number>): boolean {
  const before = table.size
  for (const [key, { at }] of table) if (at.offset < (lows.get(at.partition) ?? 0)) table.delete(key)
  return table.size !== before
}

function countsBySubscription(table: DeadLetterTable): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { uid } of table.values()) counts.set(uid, (counts.get(uid) ?? 0) + 1)
  return counts
}

function byNewest(a: DeadLetter, b: DeadLetter): number {
  return b.deadAtMs - a.deadAtMs || (a.key < b.key ? -1 : 1)
}
