import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Redis } from 'ioredis'
import { openSpent } from '#shared/redis/spent.ts'

/** The two commands that are used, for several processes; `down` answers nobody. */
function sharedRedis() {
  const marks = new Set<string>()
  let down = false
  let asked = 0
  const client = {
    set: async (key: string) => {
      const isFirst = !marks.has(key)
      marks.add(key)
      return isFirst ? 'OK' : null
    },
    exists: async (key: string) => {
      asked += 1
      return Number(marks.has(key))
    },
  }
  return {
    tryRun: async <T>(command: (redis: Redis) => Promise<T>) => (down ? null : command(client as unknown as Redis)),
    turn: (isDown: boolean) => {
      down = isDown
    },
    asked: () => asked,
  }
}

const inAnHour = () => Date.now() + 3_600_000

test('one token is spent once, whichever process is asked', async () => {
  const redis = sharedRedis()
  const [one, other] = [openSpent({ redis, prefix: 't.' }), openSpent({ redis, prefix: 't.' })]
  assert.equal(await one.spend('a', inAnHour()), true)
  assert.equal(await one.spend('a', inAnHour()), false)
  assert.equal(await other.spend('a', inAnHour()), false)
  assert.equal(await other.spend('b', inAnHour()), true)
})

test('what another process has spent is seen here within 5 s, and Redis is asked no more often', async () => {
  const redis = sharedRedis()
  let now = 0
  const one = openSpent({ redis, prefix: 't.' })
  const other = openSpent({ redis, prefix: 't.', nowMs: () => now })
  assert.equal(await other.isSpent('a'), false)
  await one.spend('a', inAnHour())
  assert.equal(other.isSpent('a'), false)
  assert.equal(redis.asked(), 1)
  now = 5_000
  assert.equal(await other.isSpent('a'), true)
  assert.equal(other.isSpent('a'), true)
  assert.equal(redis.asked(), 2)
})

test('without Redis a process goes by what it has spent itself, and says so', async () => {
  const redis = sharedRedis()
  redis.turn(true)
  const spent = openSpent({ redis, prefix: 't.' })
  assert.equal(await spent.isSpent('a'), false)
  assert.equal(await spent.spend('a', inAnHour()), null)
  assert.equal(await spent.spend('a', inAnHour()), false)
  assert.equal(spent.isSpent('a'), true)
})

test('what is kept is bounded', async () => {
  const redis = sharedRedis()
  redis.turn(true)
  const spent = openSpent({ redis, prefix: 't.' })
  for (let at = 0; at <= 10_000; at += 1) await spent.spend(`t${at}`, inAnHour())
  assert.equal(await spent.isSpent('t0'), false)
  assert.equal(spent.isSpent('t10000'), true)
})
