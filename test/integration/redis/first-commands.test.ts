import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { openRedis, type RedisConnection } from '#shared/redis/connection.ts'
import { openMarks } from '#shared/redis/idempotency-marks.ts'
import { openRateLimits } from '#shared/redis/rate-limits.ts'
import { testRedisUrl, uniqueName } from '../../support/dependencies.ts'
import { until } from '../../support/until.ts'

const log = pino({ level: 'silent' })
const prefix = `${uniqueName('test')}.`

/** The first use of each script of a connection, in the turn of the event loop in which another command is sent. */
const firstUses: Record<string, (redis: RedisConnection) => Promise<unknown>> = {
  'a mark': (redis) =>
    openMarks({ redis, prefix, windowMs: 3_000, leaseMs: 1_000 }).open([
      { tag: 'key', name: uniqueName('event'), digest: 'aaaaaaaaaaaaaaaa', token: 'a' },
    ]),
  'a rate limit': (redis) =>
    openRateLimits({ redis, prefix, patienceMs: 50 }).take('key', { perSecond: 1, burst: 1 }, 1),
}
const expected: Record<string, unknown> = { 'a mark': [{ kind: 'opened' }], 'a rate limit': 0 }

for (const [name, use] of Object.entries(firstUses)) {
  test(`${name} that is the first of its process may come together with any other command`, async (t) => {
    const redis = openRedis({ url: testRedisUrl(), log })
    t.after(() => redis.close())
    await until('redis is up', () => redis.up())
    const other = redis.tryRun((client) => client.ping())
    assert.deepEqual(await use(redis), expected[name])
    assert.equal(await other, 'PONG')
  })
}
