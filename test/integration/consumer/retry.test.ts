import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { decodeMetadata } from '#shared/delivery/commit-metadata.ts'
import { evictMembers } from '#shared/kafka/evict.ts'
import { testBrokers } from '../../support/dependencies.ts'
import { createReceiver, type Received } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createInstallation, forkConsumer, runConsumer } from './fixture.ts'

const idOf = ({ headers }: Received) => String(headers['ce-id'])

/** Answers 500 to every event of the key `stuck`, while it is so. */
const stuckFails = ({ headers }: Received) =>
  ({ kind: 'answer', status: headers['tailrace-key'] === 'stuck' ? 500 : 204 }) as const

const others = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ key: `k${index % 10}`, id: `o${index}` }))

test('what fails waits in the retry topic: its offsets are free, and another owner goes on where this one was', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const receiver = await createReceiver(t, { behaviour: stuckFails })
  const subscription = await installation.subscribe(receiver, { retry: { scheduleMs: [60_000] } })
  const first = await runConsumer(installation, 'one')
  await installation.publish([{ key: 'stuck', id: 's1' }, ...others(100), { key: 'stuck', id: 's2' }])
  await until('everything is finished or parked', async () => (await installation.lag(subscription)) === 0)
  assert.equal(receiver.requests.length, 101)
  await first.stop()
  receiver.behave({ kind: 'answer' })
  await runConsumer(installation, 'two')
  await installation.publish([
    { key: 'stuck', id: 's3' },
    { key: 'other', id: 'last' },
  ])
  await until('another key is delivered', () => receiver.requests.some((one) => idOf(one) === 'last'))
  const since = receiver.requests.slice(101).map(idOf)
  assert.deepEqual(since, ['last'], 's1 is not due yet, and s2 and s3 wait behind it')
})

test('a failing event is tried at its times although every consumer was killed in between', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const receiver = await createReceiver(t, { behaviour: stuckFails })
  const scheduleMs = [500, 9_000, 15_000]
  const subscription = await installation.subscribe(receiver, { retry: { scheduleMs } })
  const victim = await forkConsumer(installation, 'one')
  await installation.publish([{ key: 'stuck', id: 's1' }, { key: 'stuck', id: 's2' }, ...others(20)])
  const attempts = () => receiver.requests.filter((one) => idOf(one) === 's1')
  await until('it was tried again', () => attempts().length === 2)
  const triedAtMs = Date.now()
  await until('a commit says that its owner was there then', async () => {
    const [entry] = await installation.admin.committed(subscription.group, installation.topic)
    return (decodeMetadata(entry?.metadata ?? '', 0).atMs ?? 0) > triedAtMs
  })
  victim.kill('SIGKILL')
  await once(victim, 'exit')
  await evictMembers(testBrokers(), installation.prefix, 'consumer-one-')
  await forkConsumer(installation, 'two')
  await until('a third attempt', () => attempts().length === 3)
  receiver.behave({ kind: 'answer' })
  await until('both are delivered', () => receiver.requests.filter((one) => idOf(one) === 's2').length === 1)
  const [start = 0, , third = 0, fourth = 0] = attempts().map(({ atMs }) => atMs)
  t.diagnostic(`attempts at ${attempts().map(({ atMs }) => Math.round(atMs - start))} ms`)
  // Never early, whoever owns it: a point plus at most a tenth of the gap before it; late by what this machine takes.
  assert.ok(third - start >= 9_000 - 50, `the second point came after ${third - start} ms`)
  assert.ok(fourth - start >= 15_000 - 50, `the third point came after ${fourth - start} ms`)
  assert.deepEqual(receiver.requests.filter(({ headers }) => headers['tailrace-key'] === 'stuck').map(idOf), [
    's1',
    's1',
    's1',
    's1',
    's2',
  ])
  await until('all is committed', async () => (await installation.lag(subscription)) === 0)
})

test('an operator moves a paused subscription back, and it is delivered again from there', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const receiver = await createReceiver(t)
  const subscription = await installation.subscribe(receiver)
  await runConsumer(installation, 'one')
  await installation.publish(['a', 'b', 'c', 'd'].map((id) => ({ key: 'k', id })))
  await until('all is delivered', async () => (await installation.lag(subscription)) === 0)
  const paused = await installation.change(subscription, { paused: true })
  await installation.move(subscription, { 0: 2 })
  await until('the position is committed', async () => (await installation.lag(subscription)) === 2)
  assert.equal(receiver.requests.length, 4, 'nothing is delivered while it is paused')
  await installation.change(paused, { paused: false })
  await until('all is delivered', async () => (await installation.lag(subscription)) === 0)
  assert.deepEqual(receiver.requests.map(idOf), ['a', 'b', 'c', 'd', 'c', 'd'])
})

test('a position that was set while nobody ran is gone to once, not again at each start', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const receiver = await createReceiver(t)
  const subscription = await installation.subscribe(receiver)
  const first = await runConsumer(installation, 'one')
  await installation.publish(['a', 'b', 'c'].map((id) => ({ key: 'k', id })))
  await until('all is delivered', async () => (await installation.lag(subscription)) === 0)
  await first.stop()
  await installation.move(subscription, { 0: 2 })
  const second = await runConsumer(installation, 'two')
  await until('c is delivered again', () => receiver.requests.length === 4)
  await until('all is committed', async () => (await installation.lag(subscription)) === 0)
  await second.stop()
  await runConsumer(installation, 'three')
  await installation.publish([{ key: 'k', id: 'd' }])
  await until('d is delivered', () => receiver.requests.some((one) => idOf(one) === 'd'))
  assert.deepEqual(receiver.requests.map(idOf), ['a', 'b', 'c', 'c', 'd'])
})

test('values that do not fit into memory are read again when they are due', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const receiver = await createReceiver(t, { behaviour: stuckFails })
  const subscription = await installation.subscribe(receiver, { retry: { scheduleMs: [1_500] } })
  const deadLetters = await installation.deadLetters()
  await runConsumer(installation, 'one')
  const value = Buffer.alloc(500_000, 'x')
  const large = Array.from({ length: 20 }, (_, index) => ({ key: 'stuck', id: `s${index}`, value }))
  await installation.publish(large)
  await until('all of it is parked', async () => (await installation.lag(subscription)) === 0)
  receiver.behave({ kind: 'answer' })
  const delivered = () => [...new Set(receiver.requests.filter(({ body }) => body.equals(value)).map(idOf))]
  await until('all of it is delivered', () => delivered().length === large.length)
  assert.deepEqual(
    delivered(),
    large.map(({ id }) => id),
  )
  assert.equal(deadLetters.length, 0)
})
