import { Redis } from 'ioredis'
import { messageOf } from '../errors.ts'
import type { Log } from '../observability/log.ts'
import { withinOwnTime } from '../resilience/deadline.ts'
import { scripts } from './scripts.ts'

/**
 * States: `off` (no URL given), `down` (given, not answering), `up`. ioredis reconnects for ever by itself; nobody ever
 * waits for it. Every use has a degraded mode of its own, because Redis never holds the truth.
 */
export type RedisConnection = {
  /** The client itself, for a library that wants one; null when Redis is off. Nothing may wait for it to be up. */
  client: Redis | null
  up(): boolean
  /** Milliseconds since this connection was made, 0 while there is none. */
  upForMs(): number
  /** Milliseconds since this process last found Redis again after it had been away; Infinity when it never was. */
  reconnectedForMs(): number
  /**
   * Runs one command at once and gives its answer, or null when Redis is off, down, slow (250 ms) or refuses. Only
   * commands that may run twice are allowed here: a lost answer does not tell whether the command ran.
   */
  tryRun<T>(command: (redis: Redis) => Promise<T>): Promise<T | null>
  close(): void
}

type Options = {
  url: string
  /** Who knows the master, `host:port` separated by commas: its address is theirs then, all else stays that of `url`. */
  sentinels?: string
  /** What they call it. */
  master?: string
  log: Log
}

const commandTimeoutMs = 250

const off: RedisConnection = {
  client: null,
  up: () => false,
  upForMs: () => 0,
  reconnectedForMs: () => Number.POSITIVE_INFINITY,
  tryRun: () => Promise.resolve(null),
  close: () => {},
}

/** What a service says of its Redis, as options. */
export const redisOf = (config: { REDIS_URL: string; REDIS_SENTINELS: string; REDIS_SENTINEL_MASTER: string }) => ({
  url: config.REDIS_URL,
  sentinels: config.REDIS_SENTINELS,
  master: config.REDIS_SENTINEL_MASTER,
})

/** Opens the connection without waiting for it; an empty `url` is the degraded variant for good. */
export function openRedis({ url, sentinels = '', master = '', log }: Options): RedisConnection {
  if (url === '') return off
  const redis = new Redis(url, {
    // Fail fast: no queue while it is away, and an open command fails at the first disconnect instead of running later.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // Longer than a command may take: destroys a connection whose other side is frozen. No `commandTimeout`: that of ioredis
    // counts the time in which this process stood still, and throws away an answer that is here already.
    socketTimeout: 1_500,
    connectTimeout: 2_000,
    enableAutoPipelining: true,
    scripts,
    retryStrategy: (times) => Math.min(100 * 2 ** Math.min(times, 5), 1_000) + Math.random() * 100,
    ...(sentinels === '' ? {} : followMaster(sentinels, master)),
  })
  const report = reportOnce(log)
  let upAtMs = Number.POSITIVE_INFINITY
  let wasAway = false
  let reconnectedAtMs = Number.NEGATIVE_INFINITY
  redis.on('ready', () => {
    upAtMs = performance.now()
    if (wasAway) reconnectedAtMs = upAtMs
    report('up')
  })
  redis.on('close', () => {
    upAtMs = Number.POSITIVE_INFINITY
    wasAway = true
    report('down')
  })
  redis.on('error', (error: unknown) => log.debug({ err: error }, 'redis'))
  const up = () => redis.status === 'ready'
  return {
    client: redis,
    up,
    upForMs: () => Math.max(0, performance.now() - upAtMs),
    reconnectedForMs: () => performance.now() - reconnectedAtMs,
    async tryRun(command) {
      if (!up()) return null
      try {
        return await withinOwnTime(command(redis), commandTimeoutMs, null)
      } catch (error) {
        log.debug({ reason: messageOf(error) }, 'a redis command failed')
        return null
      }
    },
    close: () => redis.disconnect(),
  }
}

/**
 * The Sentinels are asked at every connection. A master that died, froze or became a replica ends the connection itself;
 * the next one soon goes where they say, and the address of a machine that is gone is not waited for.
 * Their own list stays as given: the addresses that they tell of each other outlive the machines behind them.
 */
function followMaster(sentinels: string, master: string) {
  return {
    sentinels: sentinels.split(',').map((address) => {
      const [host = '', port] = address.split(/:(?=\d+$)/)
      return { host, port: Number(port) }
    }),
    name: master,
    role: 'master',
    updateSentinels: false,
    sentinelCommandTimeout: commandTimeoutMs,
    connectTimeout: 500,
    // A frozen master still accepts connections: each one to it costs this long, until the Sentinels have another.
    socketTimeout: 700,
    retryStrategy: () => 100 + Math.random() * 100,
    // A master that became a replica refuses writes: the command fails, the next connection goes to the new one.
    reconnectOnError: ({ message }: Error) => message.startsWith('READONLY'),
  } as const
}

function reportOnce(log: Log): (now: 'up' | 'down') => void {
  let last: 'up' | 'down' | undefined
  return (now) => {
    if (now === last) return
    if (now === 'up') log.info({}, 'redis is up')
    else log.warn({}, 'redis is down: everything goes on in its degraded mode')
    last = now
  }
}
