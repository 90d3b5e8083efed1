import type { RedisConnection } from './connection.ts'
import { keyName } from './key-name.ts'

/**
 * What some instance has told already, so that the others need not. Null: Redis cannot be asked, and everybody goes by what
 * it knows itself. A lost answer counts as that, so at worst something is told twice.
 */
export type Told = {
  /** True for whoever says `what` first within `forMs`. */
  isFirst(what: string, forMs: number): Promise<boolean | null>
  /** Says that `what` is `value` now; gives what it was before, '' if nobody had said anything within 30 days. */
  change(what: string, value: string): Promise<string | null>
}

const keptMs = 30 * 86_400_000

export function openTold({ redis, prefix }: { redis: RedisConnection; prefix: string }): Told {
  const key = (what: string) => keyName(prefix, `told:${what}`)
  return {
    async isFirst(what, forMs) {
      const answer = await redis.tryRun((client) =>
        client.set(key(what), '1', 'PX', forMs, 'NX').then((set) => ({ set })),
      )
      return answer === null ? null : answer.set === 'OK'
    },
    async change(what, value) {
      const answer = await redis.tryRun((client) =>
        client.set(key(what), value, 'PX', keptMs, 'GET').then((before) => ({ before })),
      )
      return answer === null ? null : (answer.before ?? '')
    },
  }
}
