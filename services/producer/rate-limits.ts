import { TailraceError } from '#shared/errors.ts'
import type { Caller, CallerRate } from '#shared/http/authenticate.ts'
import type { RateLimits } from '#shared/redis/rate-limits.ts'

/**
 * What a key may publish, counted in events: what is protected is the log and the receivers behind it, to whom a batch of
 * 1,000 is 1,000 events. A key without a limit passes at once, without a promise.
 */
export type PublishRates = {
  /** One event, before the body is read. Rejects with `rate-limited`. */
  admit(caller: Caller): Promise<void> | undefined
  /**
   * The other events of a batch of `events`, once they are counted and before anything is appended. Throws
   * `too-many-events` for a batch that no waiting would help, rejects with `rate-limited`.
   */
  admitBatch(caller: Caller, events: number): Promise<void> | undefined
}

export function createPublishRates(limits: RateLimits): PublishRates {
  const take = async (keyId: string, rate: CallerRate, events: number) => {
    const waitMs = await limits.take(keyId, rate, events)
    if (waitMs > 0) throw rateLimited(rate, events, waitMs)
  }
  return {
    admit: ({ keyId, rateLimit }) => (rateLimit === null ? undefined : take(keyId, rateLimit, 1)),
    admitBatch({ keyId, rateLimit }, events) {
      if (rateLimit === null || events <= 1) return undefined
      if (events > rateLimit.burst) throw tooMany(events, rateLimit.burst)
      return take(keyId, rateLimit, events - 1)
    },
  }
}

function rateLimited({ perSecond, burst }: CallerRate, events: number, waitMs: number): TailraceError {
  const seconds = Math.ceil(waitMs / 1_000)
  const remaining = Math.max(0, Math.floor(events - (waitMs * perSecond) / 1_000))
  return new TailraceError(
    'rate-limited',
    `The key may publish ${perSecond} events a second and ${burst} at once (its rateLimit). Nothing was stored.`,
    {
      retryAfterMs: waitMs,
      // draft-ietf-httpapi-ratelimit-headers-11: quota and window in seconds, then what is left and until when.
      headers: {
        'ratelimit-policy': `"publish";q=${perSecond};w=1`,
        ratelimit: `"publish";r=${remaining};t=${seconds}`,
      },
    },
  )
}

function tooMany(events: number, burst: number): TailraceError {
  const detail = `The batch has ${events} events; the key may publish ${burst} at once (burst of its rateLimit).`
  return new TailraceError('too-many-events', detail)
}
