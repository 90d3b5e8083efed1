import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { evictMembers } from '#shared/kafka/evict.ts'
import { testBrokers } from '../../support/dependencies.ts'
import { createReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import type { Json } from '../console/console-client.ts'
import { idOf, keyed, openWorkshop, repeatsInOrder } from './fixture.ts'

const refuses = { kind: 'answer', status: 422 } as const
const takes = { kind: 'answer', status: 204 } as const

test('500 dead letters are redriven over the death of the consumer that runs the job', async (t) => {
  const shop = await openWorkshop(t)
  const receiver = await createReceiver(t, { behaviour: refuses })
  const subscription = await shop.subscribe(receiver, { delivery: { concurrency: 32 } })
  const victims = { one: await shop.forkConsumer('one'), two: await shop.forkConsumer('two') }
  const events = keyed(500, 20)
  await shop.publish(events)
  await shop.untilDead(500)
  const before = receiver.requests.length
  receiver.behave({ ...takes, delayMs: 5 })
  const select = { subscription }
  const dryRun = (await shop.api('POST', '/v1/redrives', { select, dryRun: true })).body
  assert.equal(dryRun.matched, 500)
  assert.equal(
    dryRun.bytes,
    events.reduce((sum, { id }) => sum + `{"id":"${id}"}`.length, 0),
  )
  const id = await shop.begin('/v1/redrives', { select, ratePerSecond: 100 })
  await until('some of it is done', () => receiver.requests.length > before + 150)
  const runner = String((await shop.job(id)).runner) as keyof typeof victims
  victims[runner].kill('SIGKILL')
  await once(victims[runner], 'exit')
  const killedAtMs = performance.now()
  const atDeath = receiver.requests.length
  await evictMembers(testBrokers(), shop.installation.prefix, `consumer-${runner}-`)
  await until('it goes on', () => receiver.requests.length > atDeath)
  t.diagnostic(`resumed ${Math.round(performance.now() - killedAtMs)} ms after the death of its runner`)
  const job = await shop.untilOver(id)
  assert.equal(job.state, 'finished')
  assert.notEqual(job.runner, runner)
  assert.deepEqual([job.matched, job.done, job.delivered, job.deadLettered], [500, 500, 500, 0])
  const redriven = receiver.requests.slice(before)
  const repeats = repeatsInOrder(redriven, events)
  t.diagnostic(`${repeats} of 500 were delivered twice`)
  // Concurrency of the job: what was under way, or answered with its mark on the way.
  assert.ok(repeats <= 8, `${repeats} repeats`)
  assert.ok(redriven.every(({ headers }) => headers['tailrace-replay'] === id))
  await shop.untilDead(0)
})

test('what fails again is a dead letter again, names its job, and can be redriven once more', async (t) => {
  const shop = await openWorkshop(t)
  const receiver = await createReceiver(t, { behaviour: refuses })
  const subscription = await shop.subscribe(receiver)
  await shop.runConsumer('one')
  await shop.publish(keyed(6, 2))
  await shop.untilDead(6)
  receiver.behave((request) => (idOf(request).startsWith('k0') ? refuses : takes))
  const id = await shop.begin('/v1/redrives', { select: { subscription } })
  const job = await shop.untilOver(id)
  assert.deepEqual([job.state, job.done, job.delivered, job.deadLettered], ['finished', 6, 3, 3])
  const { items } = (await shop.api('GET', '/v1/dead-letters')).body as { items: Record<string, unknown>[] }
  assert.deepEqual(new Set(items.map((item) => item.job)), new Set([id]))
  assert.deepEqual(new Set(items.map((item) => item.key)), new Set(['k0']))
  assert.deepEqual(new Set(items.map((item) => item.attempts)), new Set([2]))
  receiver.behave(takes)
  const retried = await shop.api('POST', `/v1/deliveries/${items[0]?.id}/retry`)
  assert.deepEqual([retried.status, retried.headers.get('location')], [202, `/v1/jobs/${retried.body.job}`])
  assert.equal((await shop.untilOver(String(retried.body.job))).delivered, 1)
  await shop.untilDead(2)
  const gone = await shop.api('POST', `/v1/deliveries/${items[0]?.id}/retry`)
  assert.deepEqual([gone.status, gone.body.code], [404, 'not-found'])
  const last = receiver.requests.at(-1)
  assert.equal(last?.headers['tailrace-attempt'], '3')
  const path = `/v1/deliveries/${items[0]?.id}`
  const { attemptList } = await until('its delivery tells what the jobs did', async () => {
    const { body } = await shop.api('GET', path)
    return body.state === 'delivered' && (body as { attemptList: { job: string | null; number: number }[] })
  })
  assert.deepEqual(
    attemptList.map(({ job, number }) => [job, number]),
    [
      [null, 1],
      [id, 2],
      [retried.body.job, 3],
    ],
  )
})

test('a dead letter of a job is told to operators, like one of a live delivery', async (t) => {
  const shop = await openWorkshop(t)
  const [receiver, operator] = [
    await createReceiver(t, { behaviour: refuses }),
    await createReceiver(t, { behaviour: takes }),
  ]
  const subscription = await shop.subscribe(receiver)
  await shop.subscribe(operator, { stream: 'ops' })
  await shop.runConsumer('one')
  await shop.publish(keyed(4, 2))
  await shop.untilDead(4)
  // Another cause: of the first one the next minute has nothing more to tell.
  receiver.behave({ kind: 'answer', status: 200, headers: { 'tailrace-outcome': 'dead-letter' } })
  const id = await shop.begin('/v1/redrives', { select: { subscription } })
  assert.equal((await shop.untilOver(id)).deadLettered, 4)
  const told = await until('both are told', () => {
    const letters = operator.requests.filter(({ headers }) => headers['ce-type'] === 'tailrace.dead-letter.added')
    return letters.length === 2 && letters.map(({ body }) => JSON.parse(body.toString()) as Json)
  })
  assert.deepEqual(
    told.map(({ cause, job, subscription }) => [cause, job, subscription]),
    [
      ['refused', null, subscription],
      ['asked', id, subscription],
    ],
  )
})

test('a cancelled job stops, and the rest stays dead', async (t) => {
  const shop = await openWorkshop(t)
  const receiver = await createReceiver(t, { behaviour: refuses })
  const subscription = await shop.subscribe(receiver)
  await shop.runConsumer('one')
  await shop.publish(keyed(100, 10))
  await shop.untilDead(100)
  const before = receiver.requests.length
  receiver.behave(takes)
  const id = await shop.begin('/v1/redrives', { select: { subscription }, ratePerSecond: 20 })
  await until('it runs', async () => Number((await shop.job(id)).done) > 10)
  const cancelled = await shop.api('POST', `/v1/jobs/${id}/cancel`)
  const atCancel = receiver.requests.length
  assert.deepEqual([cancelled.status, cancelled.body.state], [200, 'cancelled'])
  const nothing = await shop.api('POST', '/v1/redrives', { select: { subscription, ids: [] } })
  assert.deepEqual([nothing.status, nothing.body.code], [400, 'body-invalid'])
  // A subscription's jobs come one after the other: this one begins when nothing of the other one is under way.
  const select = { subscription, key: 'nobody' }
  await shop.untilOver(await shop.begin('/v1/discards', { select }))
  const left = 100 - (receiver.requests.length - before)
  t.diagnostic(`${receiver.requests.length - atCancel} deliveries after the cancel was answered`)
  assert.ok(left > 0, 'it stopped before its end')
  await shop.untilDead(left)
  const job = await shop.job(id)
  assert.deepEqual([job.state, job.done, job.error], ['cancelled', 100 - left, null])
})

test('a delivery that waits for a later attempt is tried now, and what waits behind it follows', async (t) => {
  const shop = await openWorkshop(t)
  const fails = { kind: 'answer', status: 500 } as const
  const receiver = await createReceiver(t, { behaviour: (request) => (idOf(request) === 'k0-0' ? fails : takes) })
  const subscription = await shop.subscribe(receiver, { retry: { scheduleMs: [3_600_000] } })
  await shop.runConsumer('one')
  await shop.publish(keyed(3, 1))
  const position = await until('it was tried', () => receiver.requests[0]?.headers['tailrace-position'])
  const id = String(position).replace('orders', subscription)
  await until('all of it waits', async () => (await shop.api('POST', `/v1/deliveries/${id}/retry`)).status === 202)
  await until('it was tried again', () => receiver.requests.length === 2)
  receiver.behave(takes)
  const behind = id.replace(/\d+$/, (offset) => String(Number(offset) + 2))
  await until(
    'the last one waits',
    async () => (await shop.api('POST', `/v1/deliveries/${behind}/retry`)).status === 202,
  )
  await until('all is delivered', () => receiver.requests.length === 5)
  assert.deepEqual(receiver.requests.map(idOf), ['k0-0', 'k0-0', 'k0-0', 'k0-1', 'k0-2'])
  await until('nothing waits', async () => (await shop.api('POST', `/v1/deliveries/${id}/retry`)).status === 404)
  assert.equal((await shop.api('GET', '/v1/jobs')).body.next, null)
})

test('a job waits for a receiver that is away, and nothing of it dies again meanwhile', async (t) => {
  const shop = await openWorkshop(t)
  const receiver = await createReceiver(t, { behaviour: refuses })
  const subscription = await shop.subscribe(receiver)
  await shop.runConsumer('one')
  const events = keyed(40, 8)
  await shop.publish(events)
  await shop.untilDead(40)
  const before = receiver.requests.length
  await receiver.refuse()
  receiver.behave(takes)
  const id = await shop.begin('/v1/redrives', { select: { subscription } })
  await until('it runs', async () => (await shop.job(id)).state === 'running')
  await until('its target is known to be down', async () => {
    const { items } = (await shop.api('GET', '/v1/subscriptions')).body as unknown as { items: { status: Json }[] }
    return items[0]?.status.phase === 'held'
  })
  assert.equal((await shop.job(id)).done, 0)
  await receiver.accept()
  const job = await shop.untilOver(id)
  assert.deepEqual([job.state, job.delivered, job.deadLettered], ['finished', 40, 0])
  assert.equal(repeatsInOrder(receiver.requests.slice(before), events), 0)
})
