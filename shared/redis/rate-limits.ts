import {
  RateLimiterCompatibleAbstract,
  RateLimiterRedis,
  RateLimiterRes,
  RLWrapperTimeouts,
} from 'rate-limiter-flexible'
import { createTokenBucket, type Rate, type TokenBucket } from '../resilience/token-bucket.ts'
import type { RedisConnection } from './connection.ts'
import { keyName } from './key-name.ts'
import { rateScript } from './rate-script.ts'

/**
 * States: asking Redis → (it is away, slow or refuses) on its own for a second → asking Redis. On its own, each process
 * keeps to the whole rate by itself, so n of them let up to n times the rate pass.
 */
export type RateLimits = {
  /** Takes `cost` from the bucket of `id` and gives 0, or gives the ms until there is enough. Never rejects. */
  take(id: string, rate: Rate, cost: number): Promise<number>
}

type Options = { redis: RedisConnection; prefix: string }

/** What a caller may wait for Redis at most. */
const patienceMs = 50
const aloneForMs = 1_000

/** Rate limits that all processes share over Redis. A changed rate begins with a full bucket. */
export function openRateLimits({ redis, prefix }: Options): RateLimits {
  let aloneUntilMs = Number.NEGATIVE_INFINITY
  const goAlone = () => {
    aloneUntilMs = performance.now() + aloneForMs
  }
  // By the object of the rate, which the catalog replaces with its key: what is no longer used is collected.
  const known = new WeakMap<Rate, Limiter>()
  const limiterOf = (rate: Rate) => {
    const limiter = known.get(rate) ?? openLimiter(rate, { redis, prefix, goAlone })
    known.set(rate, limiter)
    return limiter
  }
  return {
    async take(id, rate, cost) {
      const { own, shared } = limiterOf(rate)
      if (shared === null || performance.now() < aloneUntilMs) return own.take(cost)
      try {
        await shared.consume(`${id}:${rate.perSecond}:${rate.burst}`, cost, { customDuration: rate.perSecond })
        return 0
      } catch (reason) {
        return (reason as RateLimiterRes).msBeforeNext
      }
    },
  }
}

type Limiter = { own: TokenBucket; shared: RLWrapperTimeouts | null }

function openLimiter(rate: Rate, { redis, prefix, goAlone }: Options & { goAlone(): void }): Limiter {
  const own = createTokenBucket(rate)
  if (redis.client === null) return { own, shared: null }
  const limiter = new RateLimiterRedis({
    storeClient: redis.client,
    rejectIfRedisNotReady: true,
    keyPrefix: keyName(prefix, 'rate'),
    points: rate.burst,
    duration: 1,
    customIncrTtlLuaScript: rateScript,
  })
  const insuranceLimiter = new Insurance(own, goAlone)
  const ignored = { points: rate.burst, duration: 1 }
  return { own, shared: new RLWrapperTimeouts({ ...ignored, limiter, timeoutMs: patienceMs, insuranceLimiter }) }
}

/** What the library turns to when Redis fails: the bucket of this process. */
class Insurance extends RateLimiterCompatibleAbstract {
  // Neither is used here; the library sets them all the same, and its own accessors throw.
  override blockDuration = 0
  override execEvenly = false
  readonly #own: TokenBucket
  readonly #onUse: () => void

  constructor(own: TokenBucket, onUse: () => void) {
    super()
    this.#own = own
    this.#onUse = onUse
  }

  override async consume(_key: string | number, cost = 1): Promise<RateLimiterRes> {
    this.#onUse()
    const waitMs = this.#own.take(cost)
    if (waitMs > 0) throw new RateLimiterRes(0, waitMs)
    return new RateLimiterRes()
  }
}
