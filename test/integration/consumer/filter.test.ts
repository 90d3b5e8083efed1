import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReceiver, type Received } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createInstallation, idsByKey, runConsumer } from './fixture.ts'

const idOf = ({ headers }: Received) => String(headers['ce-id'])

/** Of every ten events of a key one is dear; the others have no total at all, or a small one. */
const orders = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => {
    const number = from + index
    const total = number % 10 === 0 ? 500 : number % 2 === 0 ? 5 : undefined
    return { key: `k${number % 7}`, id: `e${number}`, value: Buffer.from(JSON.stringify({ total })) }
  })

test('only what passes is delivered, in order per key; the rest is finished without an attempt, and counted', async (t) => {
  const installation = await createInstallation(t)
  const receiver = await createReceiver(t)
  const filter = { types: ['order.*'], cel: 'event.data.total > 100' }
  const subscription = await installation.subscribe(receiver, { filter })
  const deadLetters = await installation.deadLetters()
  const consumer = await runConsumer(installation, 'one')
  const events = orders(7_000)
  await installation.publish(events)
  await until('all is finished', async () => (await installation.lag(subscription)) === 0)
  const wanted = events.filter(({ id }) => Number(id.slice(1)) % 10 === 0)
  assert.equal(receiver.requests.length, wanted.length)
  const expected = Map.groupBy(wanted, ({ key }) => key)
  for (const [key, ids] of idsByKey(receiver.requests)) {
    assert.deepEqual(
      ids,
      expected.get(key)?.map(({ id }) => id),
    )
  }
  assert.equal(deadLetters.length, 0, 'an expression that fails is no match, not a dead letter')
  await until('the metrics tell', async () => {
    const metrics = await (await fetch(`${consumer.adminUrl}/metrics`)).text()
    return (
      metrics.includes('tailrace_deliveries_total{outcome="filtered"} 6300') &&
      metrics.includes('tailrace_filter_errors_total 3500')
    )
  })
})

test('a stream of events that nobody wants is passed over without stopping', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const receiver = await createReceiver(t)
  const subscription = await installation.subscribe(receiver, { filter: { types: ['invoice.**'], cel: null } })
  await installation.publish(orders(20_000))
  await runConsumer(installation, 'one')
  await until('all is finished', async () => (await installation.lag(subscription)) === 0, 60_000)
  assert.equal(receiver.requests.length, 0)
})

test('another filter counts at once for what waits behind a slow delivery, in memory and in the log', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const receiver = await createReceiver(t, {
    behaviour: ({ index }) => ({ kind: 'answer', delayMs: index === 0 ? 5_000 : 0 }),
  })
  const subscription = await installation.subscribe(receiver, { delivery: { concurrency: 1 } })
  await runConsumer(installation, 'one')
  await installation.publish(orders(4_000, 1))
  await until('one delivery is under way', () => receiver.requests.length === 1)
  await installation.change(subscription, { filter: { types: null, cel: 'event.data.total > 100' } })
  await until('what was queued is finished but for what passes', async () => {
    const [view] = await installation.admin.committed(subscription.group, installation.topic)
    return (view?.metadata.length ?? 0) > 200
  })
  await until('all is finished', async () => (await installation.lag(subscription)) === 0, 60_000)
  assert.equal(idOf(receiver.requests[0] as Received), 'e1', 'under way when the filter changed')
  const wanted = Array.from({ length: 400 }, (_, index) => ({
    id: `e${10 * (index + 1)}`,
    key: `k${(10 * (index + 1)) % 7}`,
  }))
  const expected = Map.groupBy(wanted, ({ key }) => key)
  assert.equal(receiver.requests.length, 1 + wanted.length)
  for (const [key, ids] of idsByKey(receiver.requests.slice(1))) {
    assert.deepEqual(
      ids,
      expected.get(key)?.map(({ id }) => id),
    )
  }
})

test('a dear expression holds up neither heartbeats nor another subscription', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const [slow, quick] = [await createReceiver(t), await createReceiver(t)]
  const dear = `[0].all(a, ${'[1,2,3,4,5,6,7,8,9,0].all(a, '.repeat(6)}true${')'.repeat(7)}`
  const one = await installation.subscribe(slow, { filter: { types: null, cel: dear } })
  const two = await installation.subscribe(quick)
  await installation.publish(orders(600))
  await runConsumer(installation, 'one')
  await until('the other one has everything', () => quick.requests.length >= 600, 60_000)
  await until(
    'both are through',
    async () => (await installation.lag(one)) + (await installation.lag(two)) === 0,
    120_000,
  )
  assert.deepEqual([slow.requests.length, quick.requests.length], [0, 600], 'nobody was evicted and repeated anything')
})

test('a filter that this version cannot use stops its subscription; with another one and a resume it goes on', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const receiver = await createReceiver(t)
  const filter = { types: null, cel: 'event.data.functionOfTomorrow()' }
  const subscription = await installation.subscribe(receiver, { filter })
  const state = () => installation.catalog.state(subscription.uid)
  await installation.publish(orders(20))
  await runConsumer(installation, 'one')
  await until('it says why it stopped', () => state()?.reason === 'filter-unusable')
  const resumedAt = new Date().toISOString()
  await installation.change(subscription, { resumedAt })
  await until('a resume alone stops it again', () => (state()?.since ?? '') > resumedAt)
  assert.equal(receiver.requests.length, 0, 'nothing goes out unfiltered')
  const mended = { types: null, cel: 'event.data.total > 100' }
  await installation.change(subscription, { filter: mended, resumedAt: new Date().toISOString() })
  await until('all is finished', async () => (await installation.lag(subscription)) === 0)
  assert.deepEqual(receiver.requests.map(idOf), ['e0', 'e10'])
})
