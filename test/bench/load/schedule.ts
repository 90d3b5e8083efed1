/** When requests of an open loop are to be sent, whatever became of the earlier ones. */
export type Schedule = {
  /** The intended times up to now that were not taken yet; a late call gets all it has missed. */
  takeDue(nowMs: number): number[]
  /** Milliseconds until the next one is due; 0 when it is. */
  waitMs(nowMs: number): number
}

/** Evenly spaced times, the first one at `startMs`. */
export function evenSchedule({ startMs, perSecond }: { startMs: number; perSecond: number }): Schedule {
  let taken = 0
  const nextMs = () => startMs + (taken * 1_000) / perSecond
  return {
    takeDue(nowMs) {
      const due: number[] = []
      for (; nextMs() <= nowMs; taken += 1) due.push(nextMs())
      return due
    },
    waitMs: (nowMs) => Math.max(0, nextMs() - nowMs),
  }
}
