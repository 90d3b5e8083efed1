import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import type { Subscription } from '#shared/catalog/model.ts'
import { openRedis } from '#shared/redis/connection.ts'
import { openAckCache } from '../../../services/consumer/ack-cache.ts'
import { testRedisUrl, uniqueName } from '../../support/dependencies.ts'
import { createReceiver, type Receiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createInstallation, forkConsumer, type Installation, idsByKey } from './fixture.ts'

const concurrency = 5
/** What is under way when the process ends, and what the turn of the event loop had done before it came to tell Redis. */
const mostRepeats = 2 * concurrency

const log = pino({ level: 'silent' })

async function openCache(t: TestContext, prefix = `${uniqueName('test')}.`) {
  const redis = openRedis({ url: testRedisUrl(), log })
  t.after(() => redis.close())
  await until('redis is up', () => redis.up())
  return { cache: openAckCache({ redis, prefix }), redis, prefix }
}

test('what one process notes another one reads, by token and partition', async (t) => {
  const { cache, prefix, redis } = await openCache(t)
  const { cache: other } = await openCache(t, prefix)
  cache.note('one~', 0, 7)
  cache.note('one~', 0, 5)
  cache.note('one~', 1, 9)
  cache.note('one~.1', 0, 11)
  const tokens = new Map([
    [0, 'one~'],
    [1, 'one~'],
    [2, 'never'],
  ])
  const read = await until('it is noted', async () => {
    const found = await other.read(tokens)
    return found.size > 0 && found
  })
  assert.deepEqual([...(read.get(0)?.keys() ?? [])].sort(), [5, 7])
  assert.deepEqual([...(read.get(1)?.keys() ?? [])], [9])
  assert.deepEqual([...read.keys()].sort(), [0, 1])
  assert.deepEqual([...((await other.read(new Map([[0, 'one~.1']]))).get(0)?.keys() ?? [])], [11])
  assert.equal((await other.read(new Map([[1, 'one~.1']]))).size, 0, 'another partition of the token')
  const [atMs] = [...(read.get(1)?.values() ?? [])]
  const [seconds] = (await redis.client?.time()) ?? []
  assert.ok(Math.abs(Number(atMs) - Number(seconds) * 1_000) < 60_000, `${atMs}`)
})

test('without Redis nothing is noted, nothing is found and nothing waits', async () => {
  const cache = openAckCache({ redis: openRedis({ url: '', log }), prefix: 'x.' })
  cache.note('one~', 0, 7)
  assert.equal((await cache.read(new Map([[0, 'one~']]))).size, 0)
})

type Scene = { installation: Installation; receiver: Receiver; subscription: Subscription }

async function createScene(t: TestContext, ackCache: 'on' | 'off'): Promise<Scene> {
  const env = { REDIS_URL: testRedisUrl(), TAILRACE_ACK_CACHE: ackCache }
  const installation = await createInstallation(t, { env })
  const receiver = await createReceiver(t)
  const subscription = await installation.subscribe(receiver, { delivery: { concurrency } })
  return { installation, receiver, subscription }
}

/** A consumer is killed in the middle and another one finishes; resolves with how many requests were made once too often. */
async function repeatsOfKill({ installation, receiver, subscription }: Scene, round: number): Promise<number> {
  const before = receiver.requests.length
  const ids = Array.from({ length: 2_000 }, (_, index) => `e${round}-${String(index).padStart(5, '0')}`)
  await installation.publish(ids.map((id, index) => ({ key: `k${index % 50}`, id })))
  const mortal = await forkConsumer(installation, `mortal-${round}`)
  await until('it is in the middle', () => receiver.requests.length - before > 600)
  mortal.kill('SIGKILL')
  await once(mortal, 'exit')
  const survivor = await forkConsumer(installation, `survivor-${round}`)
  await until('all is committed', async () => (await installation.lag(subscription)) === 0)
  survivor.kill('SIGTERM')
  await once(survivor, 'exit')
  for (const [key, seen] of idsByKey(receiver.requests)) {
    const firsts = [...new Set(seen)]
    assert.deepEqual(firsts, [...firsts].sort(), `order of ${key}`)
  }
  assert.equal(new Set(receiver.requests.map(({ headers }) => headers['ce-id'])).size, 2_000 * (round + 1))
  return receiver.requests.length - before - 2_000
}

test('after a kill only what was under way is repeated, and what was not is known as delivered', async (t) => {
  const scene = await createScene(t, 'on')
  const logged = await scene.installation.attempts()
  const repeats: number[] = []
  for (let round = 0; round < 2; round += 1) repeats.push(await repeatsOfKill(scene, round))
  t.diagnostic(`repeated: ${repeats.join(' ')}, under way at most ${concurrency}`)
  for (const count of repeats) assert.ok(count <= mostRepeats, `${count} repeated`)
  await until('the log has each delivery', () => {
    const told = logged.flatMap(({ partition, entries }) =>
      entries.flatMap(({ offset, state }) => (state === 'delivered' ? [`${partition}-${offset}`] : [])),
    )
    return new Set(told).size === 4_000
  })
})

test('switched off, a kill repeats what was delivered since the last commit', async (t) => {
  const scene = await createScene(t, 'off')
  const repeats: number[] = []
  // A kill right after a commit repeats next to nothing.
  await until('more than what was under way is repeated', async () => {
    repeats.push(await repeatsOfKill(scene, repeats.length))
    return (repeats.at(-1) ?? 0) > mostRepeats
  })
  t.diagnostic(`repeated: ${repeats.join(' ')}`)
})
