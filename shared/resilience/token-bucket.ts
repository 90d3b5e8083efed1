/** How fast, and how much at once: the bucket holds `burst` and gains `perSecond`. */
export type Rate = { perSecond: number; burst: number }

export type TokenBucket = {
  /**
   * Takes `cost` and gives 0, or leaves everything and gives the ms until there is enough. Only a `cost` up to the burst
   * ever passes.
   */
  take(cost: number): number
}

/** What a sum of fractions may be off by, ms; as in the script of shared/redis/rate-limits.ts. */
const roundingMs = 0.001

/** A full bucket, on a monotonic clock (ms). What it holds is kept as the time that it takes to fill it (GCRA). */
export function createTokenBucket(
  { perSecond, burst }: Rate,
  now: () => number = () => performance.now(),
): TokenBucket {
  const msEach = 1_000 / perSecond
  let fullAtMs = Number.NEGATIVE_INFINITY
  return {
    take(cost) {
      const nowMs = now()
      const fillingMs = Math.max(fullAtMs - nowMs, 0) + cost * msEach
      const waitMs = fillingMs - burst * msEach
      if (waitMs >= roundingMs) return Math.ceil(waitMs)
      fullAtMs = nowMs + fillingMs
      return 0
    },
  }
}
