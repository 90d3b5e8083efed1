/*
 * The door of the producer over a real Redis that is well, slow, full, gone and back. The log is an array.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { RedisConnection } from '#shared/redis/connection.ts'
import { openIdempotency } from '../../../services/producer/idempotency/open.ts'
import { defer } from '../../support/defer.ts'
import { until } from '../../support/until.ts'
import { openDoor } from '../../unit/producer/door.ts'
import { type OwnRedis, startOwnRedis } from './own-redis.ts'

/** What a Redis that is well takes on a machine without a free core says nothing here. */
const unhurried = { allowanceMs: 10_000 }

type Settings = { windowMs?: number; allowanceMs?: number }

async function producerOn(t: TestContext, own: OwnRedis, settings: Settings = unhurried) {
  const redis = await own.connect()
  const observe = () => {}
  const lookBack = { find: async () => new Map<never, number>() }
  const idempotency = openIdempotency({ redis, prefix: 'test.', windowMs: 60_000, observe, lookBack, ...settings })
  const door = openDoor({ deduplicate: idempotency.deduplicate })
  defer(t, async () => {
    idempotency.close()
    await door.close()
  })
  const publish = async (key: string, payload = '{"n":1}') => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key }
    const answer = await door.post({ headers, payload })
    const { replayed, code, offset } = answer.json()
    return { status: answer.statusCode, dedup: answer.headers['tailrace-dedup'], replayed, code, offset }
  }
  return { redis, door, publish }
}

const accepted = (dedup: string) => ({ status: 202, dedup, replayed: false, code: undefined })
const without = ({ offset, ...answer }: { offset: unknown }) => answer

test('fifty twins at once: one record, and every later repeat gets its answer', async (t) => {
  const { door, publish } = await producerOn(t, await startOwnRedis(t))
  const answers = await Promise.all(Array.from({ length: 50 }, () => publish('k')))
  assert.equal(door.stored.length, 1)
  for (const { status, replayed } of answers.filter((one) => one.status !== 409)) {
    assert.deepEqual([status, typeof replayed], [202, 'boolean'])
  }
  assert.equal(answers.filter(({ replayed }) => replayed === false).length, 1)
  assert.deepEqual(await publish('k'), { ...accepted('checked'), replayed: true, offset: 0 })
  assert.equal((await publish('k', '{"n":2}')).code, 'idempotency-mismatch')
})

test('after its window an event is a new one', async (t) => {
  const { publish, door } = await producerOn(t, await startOwnRedis(t), { ...unhurried, windowMs: 1_000 })
  await publish('k')
  await until('it is stored again', async () => (await publish('k')).replayed === false)
  assert.equal(door.stored.length, 2)
})

/** How many events Redis knows the answer of. */
async function countAnswers(redis: RedisConnection): Promise<number> {
  const names = (await redis.tryRun((client) => client.keys('test:idem:*'))) ?? []
  const values = names.length === 0 ? [] : await redis.tryRun((client) => client.mget(names))
  return values?.filter((value) => value?.startsWith('d')).length ?? 0
}

test('a frozen Redis is asked once; when it thaws, the answers it missed are written and the check is back', async (t) => {
  const own = await startOwnRedis(t)
  const { redis, publish, door } = await producerOn(t, own, {})
  await publish('before')
  own.signal('SIGSTOP')
  assert.deepEqual(without(await publish('k')), accepted('unavailable'))
  const startedMs = performance.now()
  for (let index = 0; index < 100; index += 1) {
    assert.deepEqual(without(await publish(`later-${index}`)), accepted('unavailable'))
  }
  t.diagnostic(`100 publishes beside a frozen Redis took ${(performance.now() - startedMs).toFixed(0)} ms`)
  assert.equal((await publish('k')).replayed, true)
  own.signal('SIGCONT')
  await until('what it missed is written', async () => (await countAnswers(redis)) >= 102)
  assert.equal((await publish('before')).replayed, true)
  assert.equal((await publish('new')).dedup, 'best-effort')
  assert.equal(door.stored.length, 103)
})

const fill = (redis: RedisConnection) => redis.tryRun((client) => client.config('SET', 'maxmemory', '1mb'))

test('a full Redis still answers for what it knows, and lets everything else pass', async (t) => {
  const { redis, publish } = await producerOn(t, await startOwnRedis(t))
  await publish('known')
  assert.equal(await fill(redis), 'OK')
  assert.deepEqual(without(await publish('new')), accepted('unavailable'))
  assert.equal((await publish('known')).replayed, true)
})

test('a Redis that is gone lets everything pass; back and empty it is best effort, with the same ids', async (t) => {
  const own = await startOwnRedis(t)
  const { redis, publish, door } = await producerOn(t, own)
  await publish('k')
  await own.kill()
  await until('it is noticed', () => !redis.up())
  assert.deepEqual(without(await publish('k')), accepted('unavailable'))
  assert.equal((await publish('k')).replayed, true)
  await own.start()
  await until('it is used again', async () => (await publish('other')).dedup === 'best-effort')
  assert.equal((await publish('k')).replayed, true)
  const ids = door.stored.map(({ headers }) => headers.ce_id)
  assert.equal(ids.filter((id) => id === ids[0]).length, 2)
})

test('what somebody else keeps under our names lets everything pass', async (t) => {
  const { redis, publish } = await producerOn(t, await startOwnRedis(t))
  await publish('k')
  const [name = ''] = (await redis.tryRun((client) => client.keys('test:idem:*'))) ?? []
  await redis.tryRun((client) => client.multi().del(name).lpush(name, 'x').exec())
  assert.deepEqual(without(await publish('k')), accepted('unavailable'))
})
