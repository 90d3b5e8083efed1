import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { openRedis } from '#shared/redis/connection.ts'
import { keyName } from '#shared/redis/key-name.ts'
import { openTargetHints } from '#shared/redis/target-hints.ts'
import { testRedisUrl, uniqueName } from '../../support/dependencies.ts'
import { until } from '../../support/until.ts'

const log = pino({ level: 'silent' })

async function openInstances(t: TestContext, count: number) {
  const prefix = `${uniqueName('test')}.`
  const redis = Array.from({ length: count }, () => openRedis({ url: testRedisUrl(), log }))
  t.after(() => redis.forEach((connection) => void connection.close()))
  await until('redis is up', () => redis.every((connection) => connection.up()))
  const instances = redis.map((connection, at) => {
    const hints = openTargetHints({ redis: connection, prefix, owner: `consumer-${at}` })
    t.after(() => hints.close())
    return hints
  })
  return { instances, prefix, client: redis[0]?.client ?? assert.fail('no client') }
}

/** What was said of a target, as one instance hears it. */
function listen(hints: ReturnType<typeof openTargetHints>, id: string) {
  const words: string[] = []
  const watch = hints.watch(id, { down: () => words.push('down'), up: () => words.push('up') })
  return { words, ...watch }
}

test('down is heard by everybody who watches that target, by newcomers at once, until somebody says up', async (t) => {
  const { instances } = await openInstances(t, 3)
  const [one, two, three] = instances as [(typeof instances)[0], (typeof instances)[0], (typeof instances)[0]]
  const [heard, other] = [listen(two, 'a'), listen(two, 'b')]
  one.down('a', 60_000)
  await until('it is heard', () => heard.words.includes('down'))
  const late = listen(three, 'a')
  await until('a newcomer hears it', () => late.words.includes('down'))
  one.up('a')
  await until('up is heard', () => heard.words.at(-1) === 'up' && late.words.at(-1) === 'up')
  one.down('a', 60_000)
  await until('down again', () => heard.words.at(-1) === 'down')
  one.up('a')
  await until('up again', () => heard.words.at(-1) === 'up')
  assert.equal(heard.words.filter((word) => word === 'up').length, 2)
  assert.deepEqual(other.words, [])
})

test('what nobody says again is forgotten', async (t) => {
  const { instances, client, prefix } = await openInstances(t, 1)
  instances[0]?.down('a', 300)
  const { words } = listen(instances[0] ?? assert.fail(), 'a')
  await until('it is gone', async () => (await client.zcard(keyName(prefix, '{targets}:down'))) === 0)
  assert.equal(words.includes('up'), false, 'that it was forgotten does not say that it is up')
})

test('one probes at a time, for as long as that takes, and the next one after a rest', async (t) => {
  const { instances, client, prefix } = await openInstances(t, 2)
  const [one, two, other] = ['a', 'a', 'b'].map((id, at) => listen(instances[at === 0 ? 0 : 1] ?? assert.fail(), id))
  assert.ok(one !== undefined && two !== undefined && other !== undefined)
  assert.equal(await one.lease(), 'mine')
  assert.equal(await two.lease(), 'taken')
  assert.equal(await other.lease(), 'mine', 'another target')
  const key = keyName(prefix, 'probe:a')
  const left = () => client.pttl(key)
  const first = await left()
  await until('some of it has passed', async () => (await left()) < first - 1_000)
  await until('it is renewed while the probe lasts', async () => (await left()) > first - 900)
  one.rest(1_000)
  await until('it rests', async () => (await left()) <= 1_000)
  assert.equal(await two.lease(), 'taken')
  await until('the next one may', async () => (await two.lease()) === 'mine')
})

test('of a subscription and its job in one process one probes at a time, also through the rest, and the lease stays its own', async (t) => {
  const { instances, client, prefix } = await openInstances(t, 1)
  const [live, job] = [0, 1].map(() => listen(instances[0] ?? assert.fail(), 'a'))
  assert.ok(live !== undefined && job !== undefined)
  assert.deepEqual(await Promise.all([live.lease(), job.lease()]), ['mine', 'taken'])
  job.rest(1)
  const key = keyName(prefix, 'probe:a')
  assert.ok((await client.pttl(key)) > 1_000, 'who does not probe cannot end it')
  live.rest(1_000)
  assert.equal(await job.lease(), 'taken')
  await until('the other one may', async () => (await job.lease()) === 'mine')
  job.end()
  assert.equal(await live.lease(), 'taken', 'its probe is still under way')
  job.rest(0)
  await until('it is free', async () => (await live.lease()) === 'mine')
})

test('without Redis everybody is alone', async (t) => {
  const hints = openTargetHints({ redis: { tryRun: async () => null }, prefix: 'p.', owner: 'me' })
  t.after(() => hints.close())
  hints.down('a', 1_000)
  const [{ words, lease, rest }, job] = [listen(hints, 'a'), listen(hints, 'a')]
  assert.deepEqual(await Promise.all([lease(), job.lease()]), ['alone', 'taken'], 'but one at a time')
  rest(1_000)
  assert.equal(await job.lease(), 'taken')
  rest(0)
  assert.equal(await lease(), 'alone')
  rest(0)
  assert.equal(await job.lease(), 'alone')
  assert.deepEqual(words, [])
})
