import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testRedisUrl } from '../../support/dependencies.ts'
import { createReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createInstallation, runConsumer } from './fixture.ts'

const events = (count: number, keys: number) =>
  Array.from({ length: count }, (_, index) => ({ key: `k${index % keys}`, id: `e${index}` }))

const rateLimit = { perSecond: 40, burst: 10 }

for (const { name, env, instances } of [
  { name: 'two instances share one rate over Redis', env: { REDIS_URL: testRedisUrl() }, instances: 2 },
  { name: 'without Redis an instance keeps to the rate by itself', env: { REDIS_URL: '' }, instances: 1 },
]) {
  test(`${name}; nothing fails by waiting, and other subscriptions do not wait`, async (t) => {
    const installation = await createInstallation(t, { env })
    const [receiver, well] = [await createReceiver(t), await createReceiver(t)]
    const limited = await installation.subscribe(receiver, { delivery: { rateLimit } })
    const other = await installation.subscribe(well)
    const deadLetters = await installation.deadLetters()
    for (let instance = 0; instance < instances; instance += 1) await runConsumer(installation, `i${instance}`)
    for (const { group } of [limited, other]) {
      const members = async () => await installation.admin.groupMembers(group)
      await until('all instances own partitions', async () => {
        const owned = (await members()).map(({ assignment }) => assignment[installation.topic]?.length ?? 0)
        return owned.length === instances && owned.every((count) => count > 0)
      })
    }
    const startedAtMs = performance.now()
    await installation.publish(events(160, 40))
    await until('the other has all', () => well.requests.length === 160)
    const meanwhile = receiver.requests.length
    await until('the limited one has all', async () => (await installation.lag(limited)) === 0)
    assert.equal(receiver.requests.length, 160)
    assert.ok(meanwhile < 160, 'the other one did not wait for it')
    await until('the other has committed all', async () => (await installation.lag(other)) === 0)
    assert.equal(deadLetters.length, 0)
    const ms = (receiver.requests.at(-1)?.atMs ?? 0) - startedAtMs
    const fewestMs = ((160 - rateLimit.burst) / rateLimit.perSecond) * 1_000
    assert.ok(ms >= fewestMs - 1, `${ms} ms, and no bucket can let them pass in less than ${fewestMs}`)
  })
}

test('a changed rate limit counts at once', async (t) => {
  const installation = await createInstallation(t)
  const receiver = await createReceiver(t)
  const subscription = await installation.subscribe(receiver, {
    delivery: { rateLimit: { perSecond: 1, burst: 1 } },
  })
  await runConsumer(installation, 'one')
  await installation.publish(events(200, 50))
  await until('it delivers', () => receiver.requests.length > 0)
  const { delivery } = subscription
  await installation.change(subscription, { delivery: { ...delivery, rateLimit: null } })
  await until('all is delivered', () => receiver.requests.length === 200)
})

test('an instance has no more deliveries of a subscription under way than its concurrency', async (t) => {
  const installation = await createInstallation(t)
  const [receiver, well] = [await createReceiver(t, { behaviour: { kind: 'hang' } }), await createReceiver(t)]
  await installation.subscribe(receiver, { delivery: { concurrency: 3, timeoutMs: 60_000 } })
  const other = await installation.subscribe(well)
  await runConsumer(installation, 'one')
  await installation.publish(events(50, 50))
  await until('three are under way', () => receiver.requests.length >= 3)
  await until('the other subscription has all', async () => (await installation.lag(other)) === 0)
  assert.equal(receiver.requests.length, 3)
  await receiver.close()
})

for (const ordering of ['none', 'partition'] as const) {
  const atOnce = ordering === 'none' ? 8 : 3
  test(`ordering ${ordering}: ${atOnce} events of one key and its neighbours are under way on three partitions`, async (t) => {
    const installation = await createInstallation(t)
    const receiver = await createReceiver(t, { behaviour: { kind: 'hang' } })
    const well = await createReceiver(t)
    await installation.subscribe(receiver, { ordering, delivery: { concurrency: 8, timeoutMs: 60_000 } })
    const other = await installation.subscribe(well)
    await runConsumer(installation, 'one')
    await installation.publish(events(60, 30))
    await until('as many as may', () => receiver.requests.length >= atOnce)
    await until('the other subscription has all', async () => (await installation.lag(other)) === 0)
    assert.equal(receiver.requests.length, atOnce)
    await receiver.close()
  })
}

test('a hot key never starves the others, whether its receiver is slow or it fails', async (t) => {
  const installation = await createInstallation(t)
  const receiver = await createReceiver(t, {
    behaviour: ({ headers }) =>
      headers['tailrace-key'] === 'hot'
        ? { kind: 'answer', status: Number(String(headers['ce-id']).slice(1)) % 2 === 0 ? 200 : 500, delayMs: 50 }
        : { kind: 'answer' },
  })
  await installation.subscribe(receiver, { delivery: { concurrency: 4 } })
  await runConsumer(installation, 'one')
  const hot = Array.from({ length: 400 }, (_, index) => ({ key: 'hot', id: `h${index}` }))
  await installation.publish(hot)
  await until('the hot key is under way', () => receiver.requests.length > 0)
  await installation.publish(events(300, 30))
  const others = () => receiver.requests.filter(({ headers }) => headers['tailrace-key'] !== 'hot').length
  await until('all others are delivered', () => others() === 300)
  const hotSent = receiver.requests.length - 300
  assert.ok(hotSent < 100, `${hotSent} of the hot key first`)
})
