import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { readBeats, removeBeats, startBeating } from '#shared/redis/beats.ts'
import { openRedis } from '#shared/redis/connection.ts'
import { testRedisUrl, uniqueName } from '../../support/dependencies.ts'
import { until } from '../../support/until.ts'

const log = pino({ level: 'silent' })

const connect = async (t: TestContext) => {
  const redis = openRedis({ url: testRedisUrl(), log })
  t.after(() => redis.close())
  await until('redis is up', () => redis.up())
  return { redis, prefix: `${uniqueName('test')}.` }
}

test('a beat changes again and again and is gone after a clean close', async (t) => {
  const { redis, prefix } = await connect(t)
  const beating = startBeating({ redis, prefix, clientId: 'consumer-a-1' })
  const beat = async () => (await readBeats(redis, prefix))?.['consumer-a-1']
  const first = await until('it beats', beat)
  await until('it beats again', async () => (await beat()) !== first)
  await beating.close()
  assert.deepEqual(await readBeats(redis, prefix), {})
})

test('a beat that was removed comes back with the next one', async (t) => {
  const { redis, prefix } = await connect(t)
  const beating = startBeating({ redis, prefix, clientId: 'consumer-a-1' })
  t.after(() => beating.close())
  await removeBeats(redis, prefix, ['consumer-a-1'])
  await until('it beats again', async () => (await readBeats(redis, prefix))?.['consumer-a-1'])
})

test('a connection knows how long it has been up, and nothing is up without Redis', async (t) => {
  const { redis } = await connect(t)
  await until('a moment went by', () => redis.upForMs() > 100)
  const gone = openRedis({ url: 'redis://127.0.0.1:1', log })
  t.after(() => gone.close())
  assert.equal(gone.upForMs(), 0)
  assert.equal(await readBeats(gone, 'x.'), null)
  redis.close()
  await until('it is down', () => redis.upForMs() === 0)
})
