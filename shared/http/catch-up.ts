/** Waits until the catalog is as new as this call; false when that took too long. */
export type CatchUp = () => Promise<boolean>

type Options = { catchUp(timeoutMs: number): Promise<boolean>; timeoutMs?: number; everyMs?: number }

/**
 * Shares catching up among all who meet something unknown: one run per `everyMs` (100), however many wait, so that made-up
 * names cost the log next to nothing. Every caller waits for a run that began after it asked.
 */
export function shareCatchUp({ catchUp, timeoutMs = 300, everyMs = 100 }: Options): CatchUp {
  let upcoming: Promise<boolean> | undefined
  let lastStartMs = Number.NEGATIVE_INFINITY
  const run = async () => {
    const waitMs = lastStartMs + everyMs - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    upcoming = undefined
    lastStartMs = performance.now()
    return catchUp(timeoutMs)
  }
  return () => {
    upcoming ??= run()
    return upcoming
  }
}
