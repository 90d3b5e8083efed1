import type { Standing } from '#shared/redis/instances.ts'
import type { Pair } from './pair/states.ts'

/** What the pairs of one subscription on this instance still have to do. `ends` of the stream's partitions, as fetched last. */
export function standingOf(pairs: readonly Pair[], ends: ReadonlyMap<number, number>): Standing {
  const standing: Standing = { lagEvents: 0, oldestInStreamMs: null, oldestMs: null, suppressed: 0 }
  for (const pair of pairs) {
    const { table } = pair
    const unread = Math.max(0, (ends.get(pair.partition) ?? table.window.next) - table.window.next)
    standing.lagEvents += table.count.waiting + unread
    standing.suppressed += pair.suppressed
    const inStream = oldestInStream(pair)
    standing.oldestInStreamMs = earlier(standing.oldestInStreamMs, inStream)
    standing.oldestMs = earlier(standing.oldestMs, earlier(inStream, oldestParked(pair)))
  }
  return standing
}

/** Broker time of the event at the committed position; null when everything that was read is finished or parked. */
function oldestInStream({ table }: Pair): number | null {
  for (const offset of table.window.unfinished) return table.deliveries.get(offset)?.timestampMs ?? null
  return null
}

/** Parks stand in the order in which they were made, so the first open one is about the oldest. */
function oldestParked({ table }: Pair): number | null {
  for (const delivery of table.open.values()) return delivery.timestampMs
  return null
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}
