import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { evictMembers } from '#shared/kafka/evict.ts'
import { testBrokers } from '../../support/dependencies.ts'
import { createReceiver, type Received } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createInstallation, forkConsumer, type Installation, idsByKey, runConsumer } from './fixture.ts'
import { untilOwned } from './takeover.ts'

const events = (count: number, keys: number) =>
  Array.from({ length: count }, (_, index) => ({ key: `k${index % keys}`, id: `e${String(index).padStart(5, '0')}` }))

const distinct = (requests: readonly Received[]) => new Set(requests.map(({ headers }) => headers['ce-id'])).size

/** First appearances only: what is left is the order in which events first succeeded. */
function firstsInOrder(requests: readonly Received[]): void {
  for (const [key, ids] of idsByKey(requests)) {
    const firsts = [...new Set(ids)]
    assert.deepEqual(firsts, [...firsts].sort(), `order of ${key}`)
  }
}

test('a consumer that is asked to stop repeats nothing, and another one goes on', async (t) => {
  const installation = await createInstallation(t)
  const receiver = await createReceiver(t, { behaviour: { kind: 'answer', delayMs: 20 } })
  const subscription = await installation.subscribe(receiver, { delivery: { concurrency: 20 } })
  const first = await runConsumer(installation, 'one')
  await installation.publish(events(1_000, 50))
  await until('it is in the middle', () => receiver.requests.length > 200)
  const startedAt = performance.now()
  await first.stop()
  t.diagnostic(`stopped in ${Math.round(performance.now() - startedAt)} ms`)
  const delivered = receiver.requests.length
  assert.ok(delivered < 1_000, 'it stopped in the middle')
  await runConsumer(installation, 'two')
  await until('all is committed', async () => (await installation.lag(subscription)) === 0)
  assert.equal(receiver.requests.length, 1_000)
  firstsInOrder(receiver.requests)
})

test('an evicted member that joins again keeps its queues and what is under way: nothing repeats, nothing is read again', async (t) => {
  const installation = await createInstallation(t)
  const receiver = await createReceiver(t, { behaviour: { kind: 'answer', delayMs: 1_500 } })
  const subscription = await installation.subscribe(receiver, { delivery: { concurrency: 30 } })
  await runConsumer(installation, 'one')
  await installation.publish(events(60, 30))
  await until('thirty are under way', () => receiver.requests.length === 30)
  const before = await memberIds(installation, subscription.group)
  await until('it is evicted', () => evictMembers(testBrokers(), installation.prefix, 'consumer-one-'))
  await until('it joined anew', async () => {
    const [now] = await memberIds(installation, subscription.group)
    return now !== undefined && !before.includes(now)
  })
  await until('all is committed', async () => (await installation.lag(subscription)) === 0)
  assert.equal(receiver.requests.length, 60)
  firstsInOrder(receiver.requests)
  const fences = (await installation.admin.offsets(subscription.retryTopic)).map(({ high }) => high)
  assert.deepEqual(fences, [1, 1, 1], 'one fence per partition: the retry topic was read once')
})

test('a consumer that joins waits for what the others have under way: nothing repeats', async (t) => {
  const installation = await createInstallation(t)
  const receiver = await createReceiver(t, { behaviour: { kind: 'answer', delayMs: 900 } })
  // 13 s of work for one alone: more than the other one takes to join.
  const subscription = await installation.subscribe(receiver, { delivery: { concurrency: 8 } })
  await runConsumer(installation, 'one')
  await installation.publish(events(120, 30))
  await until('some are under way', () => receiver.requests.length >= 8)
  await runConsumer(installation, 'two')
  await untilOwned(installation, subscription, 2)
  assert.ok(receiver.requests.length < 120, 'it joined in the middle')
  await until('all is committed', async () => (await installation.lag(subscription)) === 0)
  assert.equal(receiver.requests.length, 120)
  firstsInOrder(receiver.requests)
})

const memberIds = async ({ admin }: Installation, group: string) =>
  (await admin.groupMembers(group)).map(({ memberId }) => memberId)

test('when a consumer dies another one takes over; nothing is lost, order holds, repeats are few', async (t) => {
  const installation = await createInstallation(t)
  const receiver = await createReceiver(t, { behaviour: { kind: 'answer', delayMs: 10 } })
  const subscription = await installation.subscribe(receiver, { delivery: { concurrency: 20 } })
  const victim = await forkConsumer(installation, 'one')
  await runConsumer(installation, 'two')
  await untilOwned(installation, subscription, 2)
  await installation.publish(events(3_000, 60))
  await until('they are in the middle', () => receiver.requests.length > 900)
  victim.kill('SIGKILL')
  await once(victim, 'exit')
  const diedAt = performance.now()
  const evicted = await evictMembers(testBrokers(), installation.prefix, 'consumer-one-')
  t.diagnostic(`${evicted} evicted after ${Math.round(performance.now() - diedAt)} ms`)
  await until('all is committed', async () => (await installation.lag(subscription)) === 0)
  const repeats = receiver.requests.length - 3_000
  t.diagnostic(`${repeats} repeats; drained ${Math.round(performance.now() - diedAt)} ms after the kill`)
  assert.equal(distinct(receiver.requests), 3_000)
  firstsInOrder(receiver.requests)
  assert.ok(repeats < 600, `${repeats} repeats`)
})
