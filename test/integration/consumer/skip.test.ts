import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createInstallation, idsByKey, runConsumer } from './fixture.ts'

const idAt = (index: number) => `e${String(index).padStart(5, '0')}`
const events = (count: number, keys: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({ key: `k${index % keys}`, id: idAt(from + index) }))

const hourMs = 3_600_000
const dayMs = 24 * hourMs

test('with skip a key goes on without what failed, which comes again later, also to another instance', async (t) => {
  const installation = await createInstallation(t)
  let isPoison = true
  const receiver = await createReceiver(t, {
    behaviour: ({ headers }) => ({ kind: 'answer', status: isPoison && headers['ce-id'] === idAt(0) ? 500 : 200 }),
  })
  const subscription = await installation.subscribe(receiver, {
    retry: { whileBlocked: 'skip', scheduleMs: [hourMs], giveUpAfterMs: dayMs },
  })
  const deadLetters = await installation.deadLetters()
  const first = await runConsumer(installation, 'one')
  await installation.publish(events(60, 3))
  const delivered = () => new Set(receiver.requests.map(({ headers }) => headers['ce-id'])).size
  await until('all were tried, the others delivered', async () => delivered() === 60)
  await until('nothing is left in the stream', async () => (await installation.lag(subscription)) === 0)
  for (const [key, ids] of idsByKey(receiver.requests))
    assert.deepEqual(ids, [...new Set(ids)].sort(), `order of ${key}`)
  await first.stop()
  await runConsumer(installation, 'two')
  await installation.publish(events(30, 3, 60))
  await until('its key goes on at the next one too', () => delivered() === 90)
  isPoison = false
  const { retry } = subscription
  const before = receiver.requests.length
  await installation.change(subscription, { retry: { ...retry, scheduleMs: [100] } })
  await until('it comes again', () =>
    receiver.requests.slice(before).some(({ headers }) => headers['ce-id'] === idAt(0)),
  )
  assert.equal(receiver.requests.length, before + 1)
  assert.equal(deadLetters.length, 0)
})

test('with thousands waiting, from wait to skip and back: nothing is lost, and order holds within each', async (t) => {
  const installation = await createInstallation(t)
  const [keys, count] = [300, 3_000]
  const poison = new Set(Array.from({ length: keys }, (_, index) => idAt(index)))
  let isPoison = true
  const receiver = await createReceiver(t, {
    behaviour: ({ headers }) => ({
      kind: 'answer',
      // Not a status: three of them in a row would say that the target is down.
      headers: isPoison && poison.has(String(headers['ce-id'])) ? { 'tailrace-outcome': 'retry' } : {},
    }),
  })
  const well = await createReceiver(t)
  const retry = { whileBlocked: 'wait' as const, scheduleMs: [hourMs], giveUpAfterMs: dayMs }
  const subscription = await installation.subscribe(receiver, { retry })
  const witness = await installation.subscribe(well)
  const deadLetters = await installation.deadLetters()
  await runConsumer(installation, 'one')
  await installation.publish(events(count, keys))
  await until('all waits behind the first of each key', async () => (await installation.lag(subscription)) === 0)
  assert.deepEqual(new Set(receiver.requests.map(({ headers }) => headers['ce-id'])), poison)
  const skipping = await installation.change(subscription, { retry: { ...subscription.retry, whileBlocked: 'skip' } })
  const good = () => receiver.requests.filter(({ headers }) => !poison.has(String(headers['ce-id'])))
  await until('all others are delivered', () => good().length >= count - keys)
  for (const [key, ids] of idsByKey(good())) assert.deepEqual(ids, [...ids].sort(), `order of ${key}`)
  assert.equal(good().length, count - keys)
  const members = async () => await installation.admin.groupMembers(subscription.group)
  const [skipper] = await members()
  const waiting = await installation.change(skipping, { retry: { ...skipping.retry, whileBlocked: 'wait' } })
  await until('it runs anew', async () => {
    const [now] = await members()
    return now !== undefined && now.memberId !== skipper?.memberId
  })
  await installation.publish(events(keys, keys, count))
  await until('another subscription has them', async () => (await installation.lag(witness)) === 0)
  await until('they are parked', async () => (await installation.lag(subscription)) === 0)
  assert.equal(good().length, count - keys, 'keys wait again')
  isPoison = false
  await installation.change(waiting, { retry: { ...waiting.retry, scheduleMs: [100] } })
  await until('everything is delivered', () => good().length === count)
  const last = receiver.requests.filter(({ headers }) => Number(String(headers['ce-id']).slice(1)) >= count)
  for (const [key, ids] of idsByKey(last)) assert.deepEqual(ids, [...ids].sort(), `order of ${key}`)
  assert.equal(deadLetters.length, 0)
})
