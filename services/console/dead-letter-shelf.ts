import { type DeadLetter, readDeadLetter, type StreamOf } from '#shared/delivery/dead-letter-record.ts'
import type { StoredRecord } from '#shared/event/record.ts'

/**
 * The unsettled dead letters that fit into memory, and how far their topic has been read for them.
 *
 *   taking   every dead letter is taken in; one that does not fit ends this
 *   full     what comes behind is only counted; marks still settle what is held, until a tenth of the room is free again:
 *            then reading begins anew behind the last ones that were taken
 *
 * So nothing is lost from sight for good: the oldest are held, the newest are left out until those are settled.
 */
export type DeadLetterShelf = {
  apply(record: StoredRecord): void
  /** Everything below this offset was applied, or is gone. */
  progressed(partition: number, next: number): void
  /** Where reading goes on. */
  positionOf(partition: number): number
  /** The log begins at these offsets now. Says whether something that was held is gone. */
  forgetBelow(lows: ReadonlyMap<number, number>): boolean
  /** Begins to take in again if there is room. To be asked before each round of reading. */
  makeRoom(): void
  /** In no order. */
  letters(): DeadLetter[]
  /** How many are not held because there is no room; those of them that were settled since are counted too. */
  leftOut(): number
  /** Offsets below which every unsettled dead letter is held. */
  ends(): Record<string, number>
}

/** As many as one job may be about: 90 MB in memory when each has a detail of 100 characters (measured). */
export const mostHeld = 100_000

export function createShelf({ streamOf, most = mostHeld }: { streamOf: StreamOf; most?: number }): DeadLetterShelf {
  const held = new Map<string, DeadLetter>()
  const read = new Map<number, number>()
  const taken = new Map<number, number>()
  let leftOut = 0
  const isTaking = () => leftOut === 0
  const advance = (partition: number, next: number) => {
    read.set(partition, Math.max(next, read.get(partition) ?? 0))
    if (isTaking()) taken.set(partition, Math.max(next, taken.get(partition) ?? 0))
  }
  const take = (letter: DeadLetter) => {
    if (isTaking() && (held.size < most || held.has(letter.key))) held.set(letter.key, letter)
    else {
      // Died again behind what is held: it is among the ones that are left out.
      held.delete(letter.key)
      leftOut += 1
    }
  }
  return {
    apply(record) {
      const reading = readDeadLetter(record, streamOf)
      if (reading.kind === 'dead-letter') take(reading.letter)
      if (reading.kind === 'settled') held.delete(reading.key)
      advance(record.partition, record.offset + 1)
    },
    progressed: advance,
    positionOf: (partition) => read.get(partition) ?? 0,
    forgetBelow(lows) {
      for (const [partition, low] of lows) {
        if (low > (read.get(partition) ?? 0)) read.set(partition, low)
        if (low > (taken.get(partition) ?? 0)) taken.set(partition, low)
      }
      const before = held.size
      for (const [key, { at }] of held) if (at.offset < (lows.get(at.partition) ?? 0)) held.delete(key)
      return held.size < before
    },
    makeRoom() {
      if (isTaking() || held.size > most * 0.9) return
      leftOut = 0
      for (const partition of read.keys()) read.set(partition, taken.get(partition) ?? 0)
    },
    letters: () => [...held.values()],
    leftOut: () => leftOut,
    ends: () => Object.fromEntries(taken),
  }
}
