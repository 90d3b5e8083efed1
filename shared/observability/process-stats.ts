import { monitorEventLoopDelay } from 'node:perf_hooks'

export type ProcessStats = {
  rssBytes(): number
  /** Mean delay of the event loop since the last call, ms. */
  loopDelayMs(): number
  close(): void
}

const resolutionMs = 10

/** Watches memory and event loop of this process. */
export function watchProcess(): ProcessStats {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  let lastRssBytes = 0
  return {
    rssBytes() {
      try {
        lastRssBytes = process.memoryUsage.rss()
      } catch {
        // Node opens a file for it: without a descriptor left it is what it last was
      }
      return lastRssBytes
    },
    loopDelayMs: () => {
      // The histogram counts the sampling interval itself; what exceeds it is delay.
      const mean = Number.isNaN(delay.mean) ? 0 : Math.max(0, delay.mean / 1e6 - resolutionMs)
      delay.reset()
      return Math.round(mean * 10) / 10
    },
    close: () => delay.disable(),
  }
}
