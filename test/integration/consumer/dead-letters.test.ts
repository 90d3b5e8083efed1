import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createInstallation, runConsumer } from './fixture.ts'

const mostPerKey = 10_000

test('more events than one key may have behind a failing one send it to the dead letters, and the next is tried', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const receiver = await createReceiver(t, {
    behaviour: ({ headers }) => ({ kind: 'answer', status: headers['tailrace-key'] === 'stuck' ? 500 : 204 }),
  })
  const subscription = await installation.subscribe(receiver, { retry: { scheduleMs: [600_000] } })
  const deadLetters = await installation.deadLetters()
  await runConsumer(installation, 'one')
  const stuck = Array.from({ length: mostPerKey + 3 }, (_, index) => ({ key: 'stuck', id: `s${index}` }))
  // A failure now and then among successes is no sign that the target is down.
  const well = Array.from({ length: 200 }, (_, index) => ({ key: `w${index}`, id: `w${index}` }))
  await installation.publish([...well.slice(0, 100), ...stuck, ...well.slice(100)])
  await until('three are dead letters', () => deadLetters.length >= 3)
  await until('everything else is delivered or waits', async () => (await installation.lag(subscription)) === 0)
  assert.deepEqual(
    deadLetters.map(({ headers }) => [headers.ce_id, headers.tailrace_cause, headers.tailrace_attempts]),
    ['s0', 's1', 's2'].map((id) => [id, 'key-backlog', '1']),
  )
  const tried = () => new Set(receiver.requests.map(({ headers }) => headers['ce-id']))
  await until('the next of the key was tried', () => tried().has('s3'))
  assert.equal(tried().size, well.length + 4)
})

test('a record that is larger than an event may be goes to the dead letters by reference', async (t) => {
  const installation = await createInstallation(t, { partitions: 1 })
  const receiver = await createReceiver(t)
  const subscription = await installation.subscribe(receiver)
  const deadLetters = await installation.deadLetters()
  await installation.admin.configureTopic(installation.topic, { 'max.message.bytes': '3000000' })
  await runConsumer(installation, 'one')
  await installation.publish([
    { key: 'k', id: 'large', value: Buffer.alloc(2_000_000, 'x') },
    { key: 'k', id: 'small' },
  ])
  await until('all is committed', async () => (await installation.lag(subscription)) === 0)
  await until('it is a dead letter', () => deadLetters.length === 1)
  const [large] = deadLetters
  assert.equal(large?.headers.tailrace_cause, 'too-large')
  assert.equal(large?.headers.tailrace_body, 'left-out')
  assert.match(large?.headers.tailrace_source ?? '', /\/0\/0@\d+$/)
  assert.deepEqual(
    receiver.requests.map(({ headers }) => headers['ce-id']),
    ['small'],
  )
})
