import type { RedisConnection } from '#shared/redis/connection.ts'
import { createBreaker } from '#shared/resilience/breaker.ts'
import { withinOwnTime } from '#shared/resilience/deadline.ts'

/**
 * How a publish may use Redis: never for longer than it is worth.
 *
 * - usable: connected, and the last answer came in time.
 * - unusable: not connected, or an answer was late. Nothing is asked; a ping five times a second, which no publish waits
 *   for, ends it.
 */
export type Reach = {
  isUsable(): boolean
  /** The answer, or null when Redis is unusable, refuses, or takes longer than `limitMs`; the last makes it unusable. */
  ask<T>(operation: () => Promise<T | null>, limitMs: number): Promise<T | null>
  /** An event was accepted that Redis does not know of. */
  missed(): void
  /** The most that a question about so many events may add to a publish, ms. */
  allowanceFor(events: number): number
  /** Whether a repeat of any event of the last window would be recognised, as far as this process can tell. */
  isComplete(): boolean
  close(): void
}

export type ReachOptions = {
  redis: Pick<RedisConnection, 'up' | 'reconnectedForMs'>
  /** Whether Redis answers. */
  ping(): Promise<boolean>
  windowMs: number
  /** The most that Redis may add to a publish of up to 1,000 events, ms. Default 50. */
  allowanceMs?: number
  /** Ms from a late answer to the first ping. Default 200. */
  resetMs?: number
}

/** In a healthy installation an answer takes under 1 ms. */
const defaultAllowanceMs = 50
/** Looking these up takes Redis about 4 ms. */
const eventsPerAllowance = 1_000

export function openReach(options: ReachOptions): Reach {
  const { redis, ping, windowMs, allowanceMs = defaultAllowanceMs, resetMs = 200 } = options
  let missedAtMs = Number.NEGATIVE_INFINITY
  const isInTime = async () => (await withinOwnTime(ping(), allowanceMs, late)) === true
  const breaker = createBreaker<boolean>({
    healthy: (inTime) => inTime,
    probeTimeoutMs: 2 * allowanceMs,
    resetMs,
    onState: (state) => {
      if (state === 'half-open') void breaker.run(isInTime)
    },
  })
  const isUsable = () => redis.up() && breaker.state() === 'closed'
  return {
    isUsable,
    async ask(operation, limitMs) {
      if (!isUsable()) return null
      const answer = await withinOwnTime(operation(), limitMs, late)
      if (answer !== late) return answer
      // One is enough: every further one would cost a publish 50 ms, a false alarm costs a fifth of a second of checks.
      breaker.open()
      return null
    },
    missed() {
      missedAtMs = performance.now()
    },
    allowanceFor: (events) => allowanceMs * Math.max(1, Math.ceil(events / eventsPerAllowance)),
    isComplete: () => Math.min(redis.reconnectedForMs(), performance.now() - missedAtMs) > windowMs,
    close: () => breaker.shutdown(),
  }
}

const late = Symbol('late')
