import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { openRedis } from '#shared/redis/connection.ts'
import { openRateLimits } from '#shared/redis/rate-limits.ts'
import { testRedisUrl, uniqueName } from '../../support/dependencies.ts'
import { until } from '../../support/until.ts'
import { startProxy } from './proxy.ts'

const log = pino({ level: 'silent' })
/** What asking a frozen Redis costs at most. */
const patienceMs = 50
/** For what a Redis that is well answers: how long that takes says nothing there. */
const unhurriedMs = 10_000

/** What each of so many producers has. */
async function openProducers(
  t: TestContext,
  count: number,
  { url = testRedisUrl(), prefix = `${uniqueName('test')}.`, patienceMs = unhurriedMs } = {},
) {
  const redis = Array.from({ length: count }, () => openRedis({ url, log }))
  t.after(() => {
    for (const connection of redis) connection.close()
  })
  await until('redis is up', () => redis.every((connection) => connection.up()))
  return redis.map((connection) => openRateLimits({ redis: connection, prefix, patienceMs }))
}

const count = (waits: readonly number[]) => waits.filter((waitMs) => waitMs === 0).length

test('two producers share one bucket: together they let the burst pass and no more', async (t) => {
  const producers = await openProducers(t, 2)
  const rate = { perSecond: 1, burst: 20 }
  const waits = await Promise.all(
    producers.flatMap((limits) => Array.from({ length: 20 }, () => limits.take('key', { ...rate }, 1))),
  )
  assert.equal(count(waits), 20)
  for (const waitMs of waits.filter((ms) => ms > 0)) assert.ok(waitMs > 0 && waitMs <= 1_000, `${waitMs}`)
})

test('who waits as long as it is told passes', async (t) => {
  const [limits] = await openProducers(t, 1)
  const rate = { perSecond: 1, burst: 1 }
  const take = async () => (await limits?.take('key', rate, 1)) ?? Number.NaN
  assert.equal(await take(), 0)
  const waitMs = await until('it is refused', async () => (await take()) || undefined)
  assert.ok(waitMs > 0 && waitMs <= 1_000, `${waitMs}`)
  const toldAtMs = performance.now()
  await until('the time is over', () => performance.now() - toldAtMs >= waitMs)
  assert.equal(await take(), 0)
})

test('what is refused takes nothing, other keys and other rates have buckets of their own', async (t) => {
  const [limits] = await openProducers(t, 1)
  const take = (id: string, burst: number, cost: number) => limits?.take(id, { perSecond: 1, burst }, cost)
  assert.equal(await take('a', 10, 8), 0)
  assert.ok(((await take('a', 10, 3)) ?? 0) > 0)
  assert.equal(await take('a', 10, 2), 0)
  assert.equal(await take('b', 10, 10), 0)
  assert.equal(await take('a', 11, 11), 0)
})

test('while Redis is frozen each producer keeps to the rate alone, and asks again when it is back', async (t) => {
  const proxy = await startProxy(t, testRedisUrl())
  const prefix = `${uniqueName('test')}.`
  const [limits] = await openProducers(t, 1, { url: proxy.url, prefix, patienceMs })
  const [other] = await openProducers(t, 1, { prefix })
  assert.ok(limits !== undefined && other !== undefined)
  const rate = { perSecond: 1, burst: 5 }
  for (let time = 0; time < 5; time += 1) await other.take('key', rate, 1)
  proxy.freeze(true)
  const alone = await Promise.all(Array.from({ length: 10 }, () => limits.take('key', rate, 1)))
  assert.equal(count(alone), 5, 'its own bucket was full')
  // Nobody waits for Redis any more: a time-out for each would take 5 s.
  const startedAtMs = performance.now()
  for (let time = 0; time < 100; time += 1) await limits.take('key', rate, 1)
  assert.ok(performance.now() - startedAtMs < 100 * patienceMs)
  proxy.freeze(false)
  await until('what one takes is missing for the other', async () => {
    const id = uniqueName('key')
    await limits.take(id, rate, 5)
    return (await other.take(id, rate, 5)) > 0
  })
})

test('without Redis nothing is shared and nothing fails', async (t) => {
  const redis = openRedis({ url: '', log })
  t.after(() => redis.close())
  const limits = openRateLimits({ redis, prefix: 'x.', patienceMs })
  const rate = { perSecond: 1, burst: 2 }
  const waits = [await limits.take('a', rate, 1), await limits.take('a', rate, 1), await limits.take('a', rate, 1)]
  assert.equal(count(waits), 2)
})
