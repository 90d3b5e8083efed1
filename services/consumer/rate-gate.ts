import type { RateLimit } from '#shared/catalog/model.ts'
import type { RateLimits } from '#shared/redis/rate-limits.ts'

export type RateGateOptions = {
  rates: Pick<RateLimits, 'take'>
  /** Names the bucket that all instances share. */
  id: string
  /** Permits came in. */
  onPermits(): void
  /** The bucket was empty. */
  onWait(): void
  /** What `onPermits` threw. */
  onBroken(error: unknown): void
}

/** Permits are fetched for at most this long ahead: few questions at a high rate, little put by at a low one. */
const aheadMs = 50

/**
 * What the rate limit of one subscription lets pass: requests, on all instances together. Nobody waits in here; a delivery
 * that may not start yet stays in its queue, so it fails nowhere and is in nobody's way.
 *
 *   unlimited  no limit is set: everything passes
 *   stocked    permits are here
 *   asking     more are asked for, because there is work for them
 *   empty      the bucket has none before a time; then asking again
 *
 * A request that cannot wait (a probe, a quick retry) is spent all the same, and makes the next ones wait longer.
 */
export class RateGate {
  readonly #options: RateGateOptions
  #rate: RateLimit | null = null
  /** Below zero: spent in advance. */
  #permits = 0
  #wanted = 0
  #isAsking = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: RateGateOptions) {
    this.#options = options
  }

  get isLimited(): boolean {
    return this.#rate !== null
  }

  /** The limit as it is now. A changed one begins without what the old one left. */
  limit(rate: RateLimit | null): void {
    const before = this.#rate
    this.#rate = rate
    if (before?.perSecond === rate?.perSecond && before?.burst === rate?.burst) return
    this.#permits = 0
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Requests that may start now. */
  available(): number {
    return this.#rate === null ? Number.POSITIVE_INFINITY : Math.max(0, this.#permits)
  }

  /** A request starts. One in advance is paid for at once, so that the probes of a long hold add up to no debt. */
  spend(): void {
    if (this.#rate === null) return
    this.#permits -= 1
    if (this.#permits < 0) this.#askIfShort()
  }

  /** There is work for so many more; `onPermits` says when some of it may start. */
  want(requests: number): void {
    this.#wanted = requests
    this.#askIfShort()
  }

  /** Nothing is asked for any more. */
  close(): void {
    this.limit(null)
  }

  #askIfShort(): void {
    const isShort = this.#permits < 0 || (this.#permits === 0 && this.#wanted > 0)
    if (!isShort || this.#isAsking || this.#timer !== undefined) return
    this.#ask().catch(this.#options.onBroken)
  }

  async #ask(): Promise<void> {
    const rate = this.#rate
    if (rate === null) return
    this.#isAsking = true
    const { rates, id, onPermits, onWait } = this.#options
    const cost = this.#cost(rate)
    const waitMs = await rates.take(id, rate, cost)
    this.#isAsking = false
    if (this.#rate?.perSecond !== rate.perSecond || this.#rate.burst !== rate.burst) {
      onPermits()
      return
    }
    if (waitMs > 0) {
      onWait()
      this.#timer = setTimeout(() => this.#askAgain(), waitMs)
      return
    }
    this.#permits += cost
    onPermits()
    this.#askIfShort()
  }

  #askAgain(): void {
    this.#timer = undefined
    this.#askIfShort()
  }

  /** More than the bucket holds would never be granted. */
  #cost({ perSecond, burst }: RateLimit): number {
    const ahead = Math.ceil((perSecond * aheadMs) / 1_000)
    return Math.max(1, Math.min(burst, ahead, this.#wanted - this.#permits))
  }
}
