import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordKey } from '#shared/catalog/record-keys.ts'
import { testRedisUrl } from '../../support/dependencies.ts'
import { createReceiver, type Received } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createInstallation, idsByKey, runConsumer, untilHeld } from './fixture.ts'

/** Between two probes of a target that is down. */
const shortestRestMs = 4_000

const events = (count: number, keys: number) =>
  Array.from({ length: count }, (_, index) => ({ key: `k${index % keys}`, id: `e${String(index).padStart(5, '0')}` }))

test('a receiver that is down is held: only probes reach it, then all is drained in order, nothing is burned', async (t) => {
  const installation = await createInstallation(t)
  const receiver = await createReceiver(t)
  const well = await createReceiver(t)
  await receiver.refuse()
  const subscription = await installation.subscribe(receiver, { delivery: { concurrency: 16 } })
  const other = await installation.subscribe(well)
  const deadLetters = await installation.deadLetters()
  const consumer = await runConsumer(installation, 'one')
  await installation.publish(events(300, 30))
  await until('the other subscription has all', async () => (await installation.lag(other)) === 0)
  await untilHeld(consumer, subscription)
  assert.equal(receiver.requests.length, 0)
  receiver.behave({ kind: 'answer', status: 503 })
  await receiver.accept()
  const before = receiver.requests.length
  await until('it was probed twice', () => receiver.requests.length >= before + 2)
  const [first, second] = receiver.requests.slice(before)
  assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) > 3_900, 'probes are about 5 s apart')
  assert.notEqual(first?.headers['ce-id'], second?.headers['ce-id'], 'another event probes')
  receiver.behave({ kind: 'answer' })
  const probes = receiver.requests.length
  await until('all is drained', async () => (await installation.lag(subscription)) === 0)
  const drained = receiver.requests.slice(probes)
  assert.equal(drained.length, 300)
  for (const [key, ids] of idsByKey(drained)) assert.deepEqual(ids, [...ids].sort(), `order of ${key}`)
  assert.equal(deadLetters.length, 0)
})

test('a paused subscription delivers nothing and goes on where it was', async (t) => {
  const installation = await createInstallation(t)
  const receiver = await createReceiver(t)
  const subscription = await installation.subscribe(receiver)
  await runConsumer(installation, 'one')
  await installation.publish(events(10, 3))
  await until('ten are delivered', () => receiver.requests.length === 10)
  const paused = await installation.change(subscription, { paused: true })
  const other = await createReceiver(t)
  const witness = await installation.subscribe(other)
  // Whoever knows of the later change knows of the pause.
  await until('the consumer runs what was made after the pause', () => other.requests.length === 10)
  await installation.publish(events(10, 3))
  await until('others flow', async () => (await installation.lag(witness)) === 0)
  assert.equal(receiver.requests.length, 10)
  await installation.change(paused, { paused: false })
  await until('twenty are delivered', async () => (await installation.lag(subscription)) === 0)
  assert.equal(receiver.requests.length, 20)
})

test('a changed URL takes effect at once, also for a target that is down', async (t) => {
  const installation = await createInstallation(t)
  const [old, next] = [await createReceiver(t), await createReceiver(t)]
  await old.refuse()
  const subscription = await installation.subscribe(old)
  const consumer = await runConsumer(installation, 'one')
  await installation.publish(events(20, 20))
  await untilHeld(consumer, subscription)
  const targets = subscription.destination.targets.map((target) => ({ ...target, url: next.url }))
  await installation.change(subscription, { destination: { ...subscription.destination, targets } })
  const changedAt = performance.now()
  await until('all is delivered', () => next.requests.length === 20)
  const afterMs = (next.requests[0]?.atMs ?? 0) - changedAt
  assert.ok(afterMs < shortestRestMs, `${afterMs} ms: no sooner than the next probe of the old URL might have been`)
})

test('410 takes the target out until an operator resumes; the event stays', async (t) => {
  const installation = await createInstallation(t)
  const receiver = await createReceiver(t, { behaviour: { kind: 'answer', status: 410 } })
  const subscription = await installation.subscribe(receiver, { delivery: { concurrency: 1 } })
  await runConsumer(installation, 'one')
  await installation.publish(events(5, 5))
  const state = () => installation.catalog.state(subscription.uid)
  await until('the state record says so', () => state()?.reason === 'receiver-gone')
  assert.equal(receiver.requests.length, 1)
  receiver.behave({ kind: 'answer' })
  const resumedAt = new Date().toISOString()
  const { uid } = subscription
  await installation.catalog.write(recordKey.subscription(uid), { ...subscription, resumedAt })
  await until('all is delivered', async () => (await installation.lag(subscription)) === 0)
  assert.equal(receiver.requests.length, 6)
})

test('a target that asks for time gets it', async (t) => {
  const installation = await createInstallation(t)
  const receiver = await createReceiver(t, {
    behaviour: ({ index }) =>
      index === 0 ? { kind: 'answer', status: 429, headers: { 'retry-after': '2' } } : { kind: 'answer' },
  })
  const subscription = await installation.subscribe(receiver, { delivery: { concurrency: 1 } })
  await runConsumer(installation, 'one')
  await installation.publish(events(10, 5))
  await until('all is delivered', async () => (await installation.lag(subscription)) === 0)
  const [first, second] = receiver.requests
  assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 1_990)
  assert.equal(receiver.requests.length, 11)
})

test('an operator holds it over restarts; released, it goes on where it was', async (t) => {
  const installation = await createInstallation(t)
  const [receiver, well] = [await createReceiver(t), await createReceiver(t)]
  const subscription = await installation.subscribe(receiver)
  const witness = await installation.subscribe(well)
  const first = await runConsumer(installation, 'one')
  await installation.publish(events(10, 3))
  await until('ten are delivered', () => receiver.requests.length === 10)
  const held = await installation.change(subscription, { heldAt: new Date().toISOString() })
  await first.stop()
  await installation.publish(events(10, 3))
  await runConsumer(installation, 'two')
  await until('others flow', async () => (await installation.lag(witness)) === 0)
  assert.equal(receiver.requests.length, 10)
  await installation.change(held, { heldAt: null, releasedAt: new Date().toISOString() })
  await until('twenty are delivered', async () => (await installation.lag(subscription)) === 0)
  assert.equal(receiver.requests.length, 20)
})

test('released by an operator, a target that is back is called at once, without waiting for a probe', async (t) => {
  const installation = await createInstallation(t, { env: { REDIS_URL: testRedisUrl() } })
  const receiver = await createReceiver(t, { behaviour: { kind: 'answer', status: 500 } })
  const subscription = await installation.subscribe(receiver, { delivery: { concurrency: 4 } })
  await runConsumer(installation, 'one')
  await installation.publish(events(40, 40))
  // A probe is the only request while it is held: after one the next is 4 s away.
  await until('it is held and probed', () => receiver.requests.length > 4 && gapMs(receiver.requests) > 3_000)
  receiver.behave({ kind: 'answer' })
  const releasedAt = performance.now()
  await installation.change(subscription, { releasedAt: new Date().toISOString() })
  const knownAt = performance.now()
  await until('all is delivered', async () => (await installation.lag(subscription)) === 0)
  const delivered = receiver.requests.filter(({ atMs }) => atMs >= releasedAt)
  assert.equal(delivered.length, 40)
  const afterMs = (delivered[0]?.atMs ?? 0) - knownAt
  assert.ok(afterMs < shortestRestMs - 1_000, `${afterMs} ms: no sooner than the next probe might have been`)
})

test('one instance probes at a time, and what it finds out counts for all', async (t) => {
  const installation = await createInstallation(t, { env: { REDIS_URL: testRedisUrl() } })
  const receiver = await createReceiver(t, { behaviour: { kind: 'answer', status: 500 } })
  const subscription = await installation.subscribe(receiver, { delivery: { concurrency: 8 } })
  const deadLetters = await installation.deadLetters()
  await Promise.all([
    runConsumer(installation, 'one'),
    runConsumer(installation, 'two'),
    runConsumer(installation, 'three'),
  ])
  await installation.publish(events(300, 30))
  const probes = () => receiver.requests.slice(receiver.requests.findLastIndex(isBurst(receiver.requests)) + 1)
  await until('it was probed four times', () => probes().length >= 4)
  for (const [at, { atMs }] of probes().entries()) {
    const before = probes()[at - 1]
    if (before !== undefined) assert.ok(atMs - before.atMs > 3_400, `${atMs - before.atMs} ms between two probes`)
  }
  receiver.behave({ kind: 'answer' })
  const from = receiver.requests.length
  await until('all is drained', async () => (await installation.lag(subscription)) === 0)
  const drained = receiver.requests.slice(from)
  assert.equal(drained.length, 300)
  for (const [key, ids] of idsByKey(drained)) assert.deepEqual(ids, [...ids].sort(), `order of ${key}`)
  assert.equal(deadLetters.length, 0)
})

/** Between the last two requests. */
const gapMs = (requests: readonly Received[]) => (requests.at(-1)?.atMs ?? 0) - (requests.at(-2)?.atMs ?? 0)

/** Whether the request came too soon after the one before to be a probe. */
const isBurst = (requests: readonly Received[]) => (request: Received, at: number) =>
  at === 0 || request.atMs - (requests[at - 1]?.atMs ?? 0) < 1_000
