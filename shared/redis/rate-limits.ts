import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { withinOwnTime } from '../resilience/deadline.ts'
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

type Options = {
  redis: RedisConnection
  prefix: string
  /** What a caller may wait for Redis at most; what this process stood still meanwhile proves nothing against Redis. */
  patienceMs: number
}

const aloneForMs = 1_000

/** Rate limits that all processes share over Redis. A changed rate begins with a full bucket. */
export function openRateLimits({ redis, prefix, patienceMs }: Options): RateLimits {
  let aloneUntilMs = Number.NEGATIVE_INFINITY
  // By the object of the rate, which the catalog replaces with its key: what is no longer used is collected.
  const known = new WeakMap<Rate, Limiter>()
  const limiterOf = (rate: Rate) => {
    const limiter = known.get(rate) ?? openLimiter(rate, { redis, prefix })
    known.set(rate, limiter)
    return limiter
  }
  return {
    async take(id, rate, cost) {
      const { own, shared } = limiterOf(rate)
      if (shared === null || performance.now() < aloneUntilMs) return own.take(cost)
      const asked = shared.consume(`${id}:${rate.perSecond}:${rate.burst}`, cost, { customDuration: rate.perSecond })
      const answered = asked.then(() => 0, waitOf)
      const waitMs = await withinOwnTime(answered, patienceMs, null)
      if (waitMs !== null) return waitMs
      aloneUntilMs = performance.now() + aloneForMs
      return own.take(cost)
    },
  }
}

/** The ms that a refusal tells to wait; null for what is no refusal: Redis failed. */
const waitOf = (reason: unknown) => (reason instanceof RateLimiterRes ? reason.msBeforeNext : null)

type Limiter = { own: TokenBucket; shared: RateLimiterRedis | null }

function openLimiter(rate: Rate, { redis, prefix }: Omit<Options, 'patienceMs'>): Limiter {
  const own = createTokenBucket(rate)
  if (redis.client === null) return { own, shared: null }
  const shared = new RateLimiterRedis({
    storeClient: redis.client,
    rejectIfRedisNotReady: true,
    keyPrefix: keyName(prefix, 'rate'),
    points: rate.burst,
    duration: 1,
    customIncrTtlLuaScript: rateScript,
  })
  return { own, shared }
}
