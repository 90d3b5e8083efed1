import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createInstallation, idsByKey, runConsumer } from './fixture.ts'

const events = (count: number, keys: number) =>
  Array.from({ length: count }, (_, index) => ({ key: `k${index % keys}`, id: `e${String(index).padStart(5, '0')}` }))

test('delivers every event once, in order per key, keys in parallel, and commits all of it', async (t) => {
  const installation = await createInstallation(t)
  let [open, most] = [0, 0]
  const receiver = await createReceiver(t, {
    behaviour: () => {
      open += 1
      most = Math.max(most, open)
      setTimeout(() => {
        open -= 1
      }, 5)
      return { kind: 'answer', delayMs: 5 }
    },
  })
  const subscription = await installation.subscribe(receiver)
  await runConsumer(installation, 'one')
  await installation.publish(events(600, 20))
  await until('all are delivered', () => receiver.requests.length >= 600)
  await until('all is committed', async () => (await installation.lag(subscription)) === 0)
  assert.equal(receiver.requests.length, 600)
  for (const [key, ids] of idsByKey(receiver.requests)) assert.deepEqual(ids, [...ids].sort(), `order of ${key}`)
  assert.ok(most > 10 && most <= 20, `${most} at a time`)
})

test('an event that fails holds up only its own key, and is tried again at its points', async (t) => {
  const installation = await createInstallation(t)
  let failures = 0
  const receiver = await createReceiver(t, {
    behaviour: ({ headers }) => {
      if (headers['ce-id'] !== 'e00000' || failures >= 3) return { kind: 'answer' }
      failures += 1
      return { kind: 'answer', status: 500 }
    },
  })
  const subscription = await installation.subscribe(receiver, { retry: { scheduleMs: [200, 500, 900] } })
  await runConsumer(installation, 'one')
  await installation.publish(events(60, 6))
  await until(
    'the other keys are done',
    () => receiver.requests.filter((one) => one.headers['tailrace-key'] !== 'k0').length === 50,
  )
  await until('its key is done', () => receiver.requests.length === 63)
  await until('all is committed', async () => (await installation.lag(subscription)) === 0)
  const ofKey = receiver.requests.filter(({ headers }) => headers['tailrace-key'] === 'k0')
  const ids = ofKey.map(({ headers }) => headers['ce-id'])
  assert.deepEqual(ids.slice(0, 4), ['e00000', 'e00000', 'e00000', 'e00000'])
  assert.deepEqual(ids.slice(4), [...ids.slice(4)].sort())
  assert.equal(ofKey[3]?.headers['tailrace-attempt'], '4')
  const gaps = ofKey.slice(0, 4).map(({ atMs }) => atMs - (ofKey[0]?.atMs ?? 0))
  assert.ok((gaps[1] ?? 0) >= 195, `first retry after ${gaps[1]} ms`)
  assert.ok((gaps[3] ?? 0) >= 895, `third retry after ${gaps[3]} ms`)
})

test('a refused event goes to the dead letters whole, and the next of its key follows', async (t) => {
  const installation = await createInstallation(t)
  const receiver = await createReceiver(t, {
    behaviour: ({ headers }) =>
      headers['ce-id'] === 'bad' ? { kind: 'answer', status: 422, body: 'total is negative' } : { kind: 'answer' },
  })
  const subscription = await installation.subscribe(receiver)
  const deadLetters = await installation.deadLetters()
  await runConsumer(installation, 'one')
  const value = Buffer.from('{ "total":  -1 }')
  await installation.publish([
    { key: 'k', id: 'bad', value },
    { key: 'k', id: 'none', value: null },
    { key: 'k', id: 'good' },
  ])
  await until('all is committed', async () => (await installation.lag(subscription)) === 0)
  await until('both are dead letters', () => deadLetters.length === 2)
  assert.deepEqual(
    receiver.requests.map(({ headers }) => headers['ce-id']),
    ['bad', 'good'],
  )
  const refused = deadLetters.find(({ headers }) => headers.ce_id === 'bad')
  assert.deepEqual(refused?.value, value)
  assert.equal(refused?.headers.tailrace_cause, 'refused')
  assert.equal(refused?.headers.tailrace_code, 'status-422')
  assert.equal(refused?.headers.tailrace_attempts, '1')
  assert.match(refused?.headers.tailrace_source ?? '', /^consumer-test-.*\/\d\/0@\d+$/)
  const malformed = deadLetters.find(({ headers }) => headers.ce_id === 'none')
  assert.equal(malformed?.headers.tailrace_cause, 'malformed-record')
})

test('an event that keeps failing is given up, and its followers are not given the same time again', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const receiver = await createReceiver(t, {
    behaviour: ({ headers }) => ({ kind: 'answer', status: headers['tailrace-key'] === 'lost' ? 500 : 204 }),
  })
  const retry = { scheduleMs: [300], giveUpAfterMs: 4_000 }
  const subscription = await installation.subscribe(receiver, { retry })
  const deadLetters = await installation.deadLetters()
  await runConsumer(installation, 'one')
  await installation.publish(['a', 'b', 'c'].map((id) => ({ key: 'lost', id })))
  const trickle = setInterval(() => void installation.publish([{ key: 'well', id: 'well' }]), 20)
  t.after(() => clearInterval(trickle))
  await until('all three are dead letters', () => deadLetters.length === 3)
  clearInterval(trickle)
  assert.deepEqual(
    deadLetters.map(({ headers }) => headers.ce_id),
    ['a', 'b', 'c'],
  )
  assert.ok(deadLetters.every(({ headers }) => headers.tailrace_cause === 'exhausted'))
  const lastAttempts = deadLetters.map(({ headers }) => Date.parse(headers.tailrace_last_attempt ?? ''))
  const [a = 0, , c = 0] = lastAttempts
  assert.ok(c - a < retry.giveUpAfterMs, 'b and c have inherited the clock of a')
  await until('all is committed', async () => (await installation.lag(subscription)) === 0)
})
