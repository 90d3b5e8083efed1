import { setTimeout as sleep } from 'node:timers/promises'

/** Rounds start at least this far apart, however many callers ask. */
const spacingMs = 100

/**
 * One costly question shared by all who ask: a caller gets the answer of a round that started after it asked. States:
 * idle → waiting (a round is due, callers join it) → running; callers that come while it runs wait for the next one.
 */
export function shareRounds<T>(run: () => Promise<T>): () => Promise<T> {
  let lastStart = Number.NEGATIVE_INFINITY
  let waiting: Promise<T> | undefined
  const start = () => {
    waiting = undefined
    lastStart = performance.now()
    return run()
  }
  const due = async () => {
    const pauseMs = lastStart + spacingMs - performance.now()
    if (pauseMs > 0) await sleep(pauseMs)
  }
  return () => {
    // `start` runs in a later turn even when the round is due at once, so that it clears what is set here.
    waiting ??= due().then(start)
    return waiting
  }
}
