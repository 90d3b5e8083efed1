import pRetry from 'p-retry'

export type QuickRetry<T> = {
  /** One attempt; `again` is 0 for the first. Expected endings are values. */
  attempt(again: number): Promise<T>
  /** Whether another attempt within a second may help; asked after each one, so it also sees what came up since. */
  mayHelp(result: T): boolean
  /** Ends the waiting at once, with the result so far. A running attempt has to hear of it by itself. */
  signal?: AbortSignal
}

/** 2 more attempts, after 100–200 and 400–800 ms: enough for a restart behind a proxy, below every schedule point. */
const policy = { retries: 2, minTimeout: 100, factor: 4, maxTimeout: 800, randomize: true }

/** No attempt starts later than this after the first one. */
const longestMs = 2_000

/** Says "again" to p-retry, which only understands errors. */
const notYet = new Error('another attempt may help')

/**
 * The last result of at most 3 attempts. A result is never lost, whenever `signal` aborts: p-retry would discard even a
 * success then. Rejects only as `attempt` does, and at once.
 */
export async function withQuickRetries<T>({ attempt, mayHelp, signal }: QuickRetry<T>): Promise<T> {
  const startedAt = performance.now()
  let last = await attempt(0)
  // Most deliveries end here: p-retry only sees the others.
  if (!mayHelp(last)) return last
  const tryAgain = async (number: number) => {
    if (number > 1) last = await attempt(number - 1)
    if (number === 1 || mayHelp(last)) throw notYet
  }
  try {
    await pRetry(tryAgain, {
      ...policy,
      maxRetryTime: Math.max(longestMs - (performance.now() - startedAt), 0),
      shouldRetry: ({ error }) => error === notYet,
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    if (error !== notYet && error !== signal?.reason) throw error
  }
  return last
}
