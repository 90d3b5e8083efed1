import type { RedisConnection } from './connection.ts'
import { keyName } from './key-name.ts'

/**
 * Which sign-in tokens are over before their time: tickets that were used, sessions that were ended. Kept by this process
 * and, where there is Redis, told to the others until their token would be over anyway.
 */
export type Spent = {
  /** True for whoever spends it first, false for everybody after. Without Redis this process alone decides: null for first. */
  spend(id: string, expiresAtMs: number): Promise<boolean | null>
  /** Whether it is spent, as far as is known: of other processes with a delay of 5 s, and nothing without Redis. */
  isSpent(id: string): boolean | Promise<boolean>
}

/** How long the answer "not spent" of Redis is believed. */
const believedMs = 5_000
/** Entries beyond this make room for new ones, the oldest first: 100 bytes each. */
const mostKept = 10_000

type Options = { redis: Pick<RedisConnection, 'tryRun'>; prefix: string; nowMs?: () => number }

export function openSpent({ redis, prefix, nowMs = Date.now }: Options): Spent {
  const key = (id: string) => keyName(prefix, `spent:${id}`)
  const own = new Set<string>()
  const asked = new Map<string, number>()
  const remember = (id: string) => {
    asked.delete(id)
    own.add(id)
    dropOldest(own)
  }
  return {
    async spend(id, expiresAtMs) {
      if (own.has(id)) return false
      remember(id)
      const forMs = Math.max(1, expiresAtMs - nowMs())
      const answer = await redis.tryRun((client) =>
        client.set(key(id), '1', 'PX', forMs, 'NX').then((set) => ({ set })),
      )
      return answer === null ? null : answer.set === 'OK'
    },
    isSpent(id) {
      if (own.has(id)) return true
      if ((asked.get(id) ?? Number.NEGATIVE_INFINITY) > nowMs() - believedMs) return false
      return redis
        .tryRun((client) => client.exists(key(id)))
        .then((found) => {
          if (found === 1) remember(id)
          else asked.set(id, nowMs())
          dropOldest(asked)
          return found === 1
        })
    },
  }
}

function dropOldest(kept: Set<string> | Map<string, unknown>): void {
  const [oldest] = kept.keys()
  if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest)
}
