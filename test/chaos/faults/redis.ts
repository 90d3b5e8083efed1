import { Redis } from 'ioredis'
import { failOverRedis } from './fail-over-redis.ts'
import { type Fault, rest, type Scene } from './fault.ts'
import { freezeOne } from './freeze.ts'
import { wrongTypes } from './redis-keys.ts'

const lastingMs = 6_000
const flushes = 10
/** As many keys of nobody's beside those that are used: what is thrown away is one or the other. */
const crowdKeys = 2_000
const crowdBytes = 500

/** Redis is never the truth: whatever it does, nothing is lost, nobody is refused, and nothing is repeated by itself. */
export const redisFaults = {
  'flush-redis': {
    what: 'FLUSHALL and SCRIPT FLUSH of Redis, ten times within 6 s',
    row: 'R1',
    takeovers: 0,
    inject: (scene) => whileRedis(scene, 'flush-redis', flushAgain),
  },
  'fill-redis': {
    what: 'Redis is full for 6 s: it refuses every write',
    row: 'R1',
    takeovers: 0,
    inject: (scene) =>
      whileRedis(scene, 'fill-redis', (redis) =>
        withSettings(redis, { 'maxmemory-policy': 'noeviction', maxmemory: '1' }),
      ),
  },
  'evict-redis': {
    what: 'Redis is full for 6 s and throws away keys by chance',
    row: 'R1',
    takeovers: 0,
    inject: (scene) => whileRedis(scene, 'evict-redis', crowd),
  },
  'demote-redis': {
    what: 'Redis is the replica of nobody for 6 s: it refuses every write with READONLY',
    row: 'R1',
    takeovers: 0,
    inject: (scene) => whileRedis(scene, 'demote-redis', demoted),
  },
  'lock-redis': {
    what: 'Redis wants a password for 6 s and closes all connections',
    row: 'R1',
    takeovers: 0,
    inject: (scene) => whileRedis(scene, 'lock-redis', locked),
  },
  'mistype-redis': {
    what: 'every key of Redis has another type for 6 s, then is gone',
    row: 'R1',
    takeovers: 0,
    inject: (scene) => whileRedis(scene, 'mistype-redis', wrongTypes),
  },
  'freeze-redis': {
    what: 'SIGSTOP Redis for 8 s: connections stay open and it says nothing',
    row: 'R2',
    takeovers: 0,
    inject: (scene) => freezeOne(scene, { name: 'freeze-redis', service: 'redis', ms: 8_000 }),
  },
  'sentinel-failover': {
    what: 'the master of Redis freezes while its replica lags by 2 s; three Sentinels make that the master',
    row: 'R3',
    takeovers: 0,
    needs: ['sentinels'],
    inject: failOverRedis,
  },
} as const satisfies Record<string, Fault>

/** Does something to Redis; what that returns undoes it. */
type Trouble = (redis: Redis, signal: AbortSignal | undefined) => Promise<() => Promise<unknown>>

async function whileRedis({ stack, experiment, signal }: Scene, name: string, trouble: Trouble): Promise<void> {
  if (stack.redisUrl === null) throw new Error('the stack has no Redis')
  const redis = new Redis(stack.redisUrl)
  try {
    experiment.mark(name, 'redis')
    const undo = await trouble(redis, signal)
    try {
      await rest({ signal }, lastingMs)
    } finally {
      await undo()
    }
  } finally {
    redis.disconnect()
  }
}

async function flushAgain(redis: Redis): Promise<() => Promise<unknown>> {
  const flush = () => redis.pipeline().flushall().script('FLUSH').exec()
  await flush()
  const timer = setInterval(() => void flush(), lastingMs / flushes)
  return async () => clearInterval(timer)
}

async function withSettings(redis: Redis, settings: Readonly<Record<string, string>>): Promise<() => Promise<unknown>> {
  const before = new Map<string, string>()
  for (const name of Object.keys(settings)) before.set(name, ((await redis.config('GET', name)) as string[])[1] ?? '')
  const set = async (all: Iterable<[string, string]>) => {
    for (const [name, value] of all) await redis.config('SET', name, value)
  }
  await set(Object.entries(settings))
  return () => set(before)
}

/** Fills it with keys of nobody's, and gives it less room than it needs: whatever is written throws away something. */
async function crowd(redis: Redis): Promise<() => Promise<unknown>> {
  const keys = Array.from({ length: crowdKeys }, (_, count) => `chaos:${count}`)
  await redis.mset(new Map(keys.map((key) => [key, 'x'.repeat(crowdBytes)])))
  const maxmemory = String((await usedBytes(redis)) - (crowdKeys * crowdBytes) / 2)
  const undo = await withSettings(redis, { 'maxmemory-policy': 'allkeys-random', maxmemory })
  return async () => {
    await undo()
    await redis.del(keys)
  }
}

async function demoted(redis: Redis): Promise<() => Promise<unknown>> {
  await redis.replicaof('127.0.0.1', 1)
  return () => redis.replicaof('NO', 'ONE')
}

async function locked(redis: Redis): Promise<() => Promise<unknown>> {
  await redis.config('SET', 'requirepass', 'secret')
  await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  return () => redis.config('SET', 'requirepass', '')
}

const usedBytes = async (redis: Redis): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1] ?? 0)
