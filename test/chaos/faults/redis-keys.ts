import type { Redis } from 'ioredis'

const everyMs = 500

/**
 * Gives every key another type, lists instead of strings and strings instead of all else, those too that are written
 * meanwhile. Returns what ends that and deletes them.
 */
export async function wrongTypes(redis: Redis): Promise<() => Promise<unknown>> {
  const mistyped = new Set<string>()
  const turn = async () => {
    for await (const keys of redis.scanStream({ count: 1_000 })) {
      for (const key of keys as string[]) if (!mistyped.has(key)) mistyped.add(await mistype(redis, key))
    }
  }
  await turn()
  let turning = Promise.resolve()
  const timer = setInterval(() => {
    turning = turning.then(turn)
  }, everyMs)
  return async () => {
    clearInterval(timer)
    await turning
    await Promise.all([...mistyped].map((key) => redis.del(key)))
  }
}

async function mistype(redis: Redis, key: string): Promise<string> {
  const isString = (await redis.type(key)) === 'string'
  const without = redis.multi().del(key)
  await (isString ? without.rpush(key, 'no string') : without.set(key, 'a string')).exec()
  return key
}
