import type { Child, Ending } from './child.ts'

/**
 * Keeps one process running.
 *
 *   running ── it ends ──► waiting ── 1 s, 2 s … 30 s ──► running
 *      └────────────── stop() ──► stopped ◄── stop() ──┘
 *
 * The wait doubles while it keeps dying young and falls back to 1 s once it has lived 10 s, as Docker does.
 */
export type Supervised = {
  /** The process that runs now; undefined between two of them. */
  current(): Child | undefined
  /** Ends it for good, by `end`. */
  stop(end: (child: Child) => Promise<void>): Promise<void>
}

export type SuperviseOptions = {
  start(): Child
  /** Hears of every end that nobody asked for, before the wait. */
  onDeath(ending: Ending, waitMs: number, pid: number): void
}

const firstWaitMs = 1_000
const longestWaitMs = 30_000
const maturityMs = 10_000

/** Starts it now and again whenever it ends. */
export function supervise({ start, onDeath }: SuperviseOptions): Supervised {
  let child: Child | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let waitMs = firstWaitMs

  const run = () => {
    const startedAt = performance.now()
    const running = start()
    child = running
    void running.ended.then((ending) => {
      child = undefined
      if (stopped) return
      if (performance.now() - startedAt > maturityMs) waitMs = firstWaitMs
      onDeath(ending, waitMs, running.pid)
      timer = setTimeout(run, waitMs)
      waitMs = Math.min(waitMs * 2, longestWaitMs)
    })
  }

  run()
  return {
    current: () => child,
    async stop(end) {
      stopped = true
      clearTimeout(timer)
      if (child !== undefined) await end(child)
    },
  }
}
