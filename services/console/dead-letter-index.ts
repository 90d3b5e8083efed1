import type { Catalog } from '#shared/catalog/catalog.ts'
import { shareRounds } from '#shared/catalog/shared-round.ts'
import type { DeadLetter, StreamOf } from '#shared/delivery/dead-letter-record.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { readRanges } from '#shared/kafka/read-ranges.ts'
import type { Log } from '#shared/observability/log.ts'
import { within } from '#shared/resilience/deadline.ts'
import type { DeadLetterShelf } from './dead-letter-shelf.ts'

/**
 * The unsettled dead letters of the installation, read from their topic: bodies stay there. States: behind (at the start)
 * → current, as of the last look; while Kafka cannot be asked it stays as it was. Of too many the newest are left out.
 */
export type DeadLetterIndex = {
  /** Reads to the end of the topic as it is now; false when that failed or took longer than `timeoutMs`. */
  catchUp(timeoutMs: number): Promise<boolean>
  /** Newest first. */
  letters(): readonly DeadLetter[]
  /** How many of one subscription are held, as of the last look; null before the first one. */
  countOf(uid: string): number | null
  /** See `DeadLetterShelf`. */
  leftOut(): number
  /** How far each partition has been read for `letters`: the offset of its next record. */
  ends(): Record<string, number>
  /** When it was last current (ms); null before the first time. */
  asOfMs(): number | null
  close(): void
}

type Options = {
  admin: Pick<KafkaAdmin, 'offsets' | 'read'>
  topic: string
  shelf: DeadLetterShelf
  log: Log
}

/** Keeps the first look of an operator short. */
const everyMs = 5_000

export function openDeadLetterIndex({ admin, topic, shelf, log }: Options): DeadLetterIndex {
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
    if (shelf.forgetBelow(new Map(bounds.map(({ partition, low }) => [partition, low])))) changed()
    shelf.makeRoom()
    const ranges = bounds.map(({ partition, high }) => ({ partition, from: shelf.positionOf(partition), to: high }))
    const reader = {
      onRecord(record: StoredRecord) {
        shelf.apply(record)
        changed()
      },
      onProgress: shelf.progressed,
      goesOn: () => !isClosed,
    }
    await readRanges(admin, { topic, ranges }, reader)
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
      sorted ??= shelf.letters().sort(byNewest)
      return sorted
    },
    countOf(uid) {
      if (asOfMs === null) return null
      counts ??= countsBySubscription(shelf.letters())
      return counts.get(uid) ?? 0
    },
    leftOut: shelf.leftOut,
    ends: shelf.ends,
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

function countsBySubscription(letters: readonly DeadLetter[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { uid } of letters) counts.set(uid, (counts.get(uid) ?? 0) + 1)
  return counts
}

function byNewest(a: DeadLetter, b: DeadLetter): number {
  return b.deadAtMs - a.deadAtMs || (a.key < b.key ? -1 : 1)
}
