import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { pino } from 'pino'
import { openRedis, type RedisConnection } from '#shared/redis/connection.ts'
import { openMarks } from '#shared/redis/idempotency-marks.ts'
import { testRedisUrl, uniqueName } from '../../support/dependencies.ts'
import { holdToContract } from '../../support/marks-contract.ts'
import { until } from '../../support/until.ts'

const log = pino({ level: 'silent' })
const [windowMs, leaseMs] = [3_000, 1_000]
const prefix = `${uniqueName('test')}.`
let redis: RedisConnection

before(async () => {
  redis = openRedis({ url: testRedisUrl(), log })
  await until('redis is up', () => redis.up())
})
after(() => redis.close())

/** By the clock of Redis, which alone decides. */
async function redisNowMs(): Promise<number> {
  const time = await redis.tryRun((client) => client.time())
  assert.ok(time !== null)
  return Number(time[0]) * 1_000 + Number(time[1]) / 1_000
}

holdToContract('the marks in Redis', () => {
  const pass = async (what: 'lease' | 'window') => {
    const end = (await redisNowMs()) + (what === 'lease' ? leaseMs : windowMs) + 1
    await until(`the ${what} is over`, async () => (await redisNowMs()) > end)
  }
  return { marks: openMarks({ redis, prefix, windowMs, leaseMs }), pass }
})

test('scripts that Redis forgot are sent again', async () => {
  const marks = openMarks({ redis, prefix, windowMs, leaseMs })
  const mark = { tag: 'key', name: uniqueName('event'), digest: 'aaaaaaaaaaaaaaaa' }
  await marks.open([{ ...mark, token: 'a' }])
  await redis.tryRun((client) => client.script('FLUSH'))
  assert.deepEqual(await marks.open([{ ...mark, token: 'b' }]), [{ kind: 'running' }])
})

test('every mark goes by itself: none is left without an end', async () => {
  const own = `${uniqueName('test')}.`
  const marks = openMarks({ redis, prefix: own, windowMs: 60_000, leaseMs })
  const mark = (name: string) => ({ tag: 'key', name, digest: 'aaaaaaaaaaaaaaaa' })
  await marks.open([{ ...mark('opened'), token: 'a' }])
  await marks.settle([{ ...mark('settled'), token: 'a', answer: '0 1' }])
  await marks.renew([{ ...mark('renewed'), token: 'a' }])
  const keys = await redis.tryRun((client) => client.keys(`${own.slice(0, -1)}:idem:*`))
  assert.equal(keys?.length, 3)
  for (const key of keys) assert.ok(Number(await redis.tryRun((client) => client.pttl(key))) > 0, key)
})
