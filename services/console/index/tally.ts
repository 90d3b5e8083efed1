import type { DatabaseSync } from 'node:sqlite'

/** Sums by minute, written in the transaction of the rows they count. `atMs` is wall clock. */
export type Tally = {
  count(series: string, atMs: number, by?: number): void
  flush(): void
}

export const minuteMs = 60_000

export function createTally(db: DatabaseSync): Tally {
  const counts = new Map<string, Map<number, number>>()
  const add = db.prepare(
    'INSERT INTO history VALUES (?, ?, ?) ON CONFLICT (series, minute) DO UPDATE SET value = value + excluded.value',
  )
  return {
    count(series, atMs, by = 1) {
      const minute = Math.floor(atMs / minuteMs)
      let minutes = counts.get(series)
      if (minutes === undefined) {
        minutes = new Map()
        counts.set(series, minutes)
      }
      minutes.set(minute, (minutes.get(minute) ?? 0) + by)
    },
    flush() {
      for (const [series, minutes] of counts) for (const [minute, value] of minutes) add.run(series, minute, value)
      counts.clear()
    },
  }
}
