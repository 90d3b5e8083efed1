import type { RedisConnection } from './connection.ts'
import { keyName } from './key-name.ts'

/** How often each living process has beaten, by its Kafka client id. */
export type Beats = Readonly<Record<string, string>>

export type Beating = { close(): Promise<void> }

type BeatingOptions = { redis: RedisConnection; prefix: string; clientId: string }

/** Eight beats fit into the silence that makes a suspect (suspects.ts): a few lost ones mean nothing. */
export const beatEveryMs = 250

/**
 * Apart from the reports (instances.ts), because those are large and these are read four times a second. The field is the
 * client id, which carries the boot id: a restarted instance is never taken for the one that died.
 */
const hash = (prefix: string) => keyName(prefix, 'heartbeats')

/** Counts up in Redis four times a second; a clean close takes the field away. Without Redis nothing happens. */
export function startBeating({ redis, prefix, clientId }: BeatingOptions): Beating {
  let count = 0
  const beat = () => {
    count += 1
    void redis.tryRun((client) => client.hset(hash(prefix), clientId, count))
  }
  beat()
  const timer = setInterval(beat, beatEveryMs)
  return {
    async close() {
      clearInterval(timer)
      await removeBeats(redis, prefix, [clientId])
    },
  }
}

/** The beats of all processes, or null when Redis cannot be asked. */
export function readBeats(redis: RedisConnection, prefix: string): Promise<Beats | null> {
  return redis.tryRun((client) => client.hgetall(hash(prefix)))
}

/** Takes away the beats of processes that are gone. */
export async function removeBeats(redis: RedisConnection, prefix: string, clientIds: readonly string[]): Promise<void> {
  if (clientIds.length > 0) await redis.tryRun((client) => client.hdel(hash(prefix), ...clientIds))
}
