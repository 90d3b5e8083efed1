import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { topicNames } from '#shared/catalog/names.ts'
import { openLanes } from '#shared/kafka/lanes.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { createReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { adminFor, connectionOf } from '../kafka/fixture.ts'
import { idOf, keyed, openWorkshop, repeatsInOrder } from './fixture.ts'

const takes = { kind: 'answer', status: 204 } as const

test('a replay goes on after its runner was killed: nothing is left out, each key in order', async (t) => {
  const shop = await openWorkshop(t)
  const receiver = await createReceiver(t, { behaviour: takes })
  const subscription = await shop.subscribe(receiver, { delivery: { concurrency: 16 } })
  const victims = { one: await shop.forkConsumer('one'), two: await shop.forkConsumer('two') }
  const events = keyed(300, 12)
  await shop.publish(events)
  await until('all is delivered', () => new Set(receiver.requests.map(idOf)).size === 300)
  const id = await shop.begin('/v1/replays', { subscription, ratePerSecond: 60 })
  const replayed = () => receiver.requests.filter(({ headers }) => headers['tailrace-replay'] === id)
  const runner = await until('a part is done', async () => {
    const { done, runner } = await shop.job(id)
    return Number(done) > 60 && (runner as keyof typeof victims)
  })
  victims[runner].kill('SIGKILL')
  await once(victims[runner], 'exit')
  const [killedAtMs, atDeath] = [performance.now(), replayed().length]
  await until('a peer has noticed, and it goes on', () => replayed().length > atDeath)
  t.diagnostic(`resumed ${Math.round(performance.now() - killedAtMs)} ms after the death of its runner`)
  const job = await shop.untilOver(id)
  assert.deepEqual([job.state, job.matched, job.done, job.delivered], ['finished', 300, 300, 300])
  assert.notEqual(job.runner, runner)
  const repeats = repeatsInOrder(replayed(), events)
  t.diagnostic(`${repeats} of 300 were delivered twice`)
  assert.ok(repeats < 150, 'it did not begin again')
})

test('a replay whose range expires before it begins delivers what is left and says what is not', async (t) => {
  const shop = await openWorkshop(t)
  const receiver = await createReceiver(t, { behaviour: takes })
  const subscription = await shop.subscribe(receiver)
  await shop.publish(Array.from({ length: 10 }, (_, index) => ({ key: null, id: `n${index}` })))
  const id = await shop.begin('/v1/replays', { subscription, from: { 0: 2 } })
  assert.equal((await shop.job(id)).matched, 8)
  const admin = await adminFor(t)
  await admin.deleteRecords(topicNames(shop.installation.prefix).events('orders'), 0, 5)
  await shop.runConsumer('one')
  const job = await shop.untilOver(id)
  assert.deepEqual([job.state, job.delivered], ['failed', 5])
  assert.equal(job.error, 'retention took events before they were replayed: 0/2 to 4')
})

test('a replay delivers what its filter and that of the subscription let pass, and its end is told', async (t) => {
  const shop = await openWorkshop(t)
  const [receiver, operator] = [
    await createReceiver(t, { behaviour: takes }),
    await createReceiver(t, { behaviour: takes }),
  ]
  const subscription = await shop.subscribe(receiver, { filter: { types: null, cel: 'event.id != "n3"' } })
  await shop.subscribe(operator, { stream: 'ops' })
  await shop.publish(Array.from({ length: 10 }, (_, index) => ({ key: null, id: `n${index}` })))
  const refused = await shop.api('POST', '/v1/replays', { subscription, filter: { cel: 'event.id ==' } })
  assert.deepEqual([refused.status, refused.body.code], [400, 'body-invalid'])
  await shop.runConsumer('one')
  const wanted = { subscription, filter: { cel: 'event.id < "n6"' } }
  const dryRun = (await shop.api('POST', '/v1/replays', { ...wanted, dryRun: true })).body
  assert.deepEqual([dryRun.matched, dryRun.bytes, dryRun.estimated], [5, 5 * '{"id":"n0"}'.length, false])
  assert.deepEqual(
    dryRun.sample,
    [0, 1, 2, 4, 5].map((offset) => `${subscription}-0-${offset}`),
  )
  const id = await shop.begin('/v1/replays', wanted)
  const job = await shop.untilOver(id)
  assert.deepEqual([job.state, job.matched, job.done, job.delivered], ['finished', 5, 5, 5])
  const replayed = receiver.requests.filter(({ headers }) => headers['tailrace-replay'] === id).map(idOf)
  assert.deepEqual(replayed.sort(), ['n0', 'n1', 'n2', 'n4', 'n5'])
  const filtered = await until('it is known that one was left out', async () => {
    const { body } = await shop.api('GET', `/v1/deliveries/${subscription}-0-3`)
    return body.state === 'filtered' && body
  })
  assert.equal(filtered.because, 'event.id != "n3" is false')
  const told = await until('the end is told', () =>
    operator.requests.find(({ headers }) => headers['ce-type'] === 'tailrace.job.finished'),
  )
  assert.match(told.body.toString(), new RegExp(id))
})

test('a replay keeps the filter of its start, whoever goes on with it', async (t) => {
  const shop = await openWorkshop(t)
  const receiver = await createReceiver(t, { behaviour: takes })
  const subscription = await shop.subscribe(receiver, { filter: { cel: 'event.id != "n3"' } })
  await shop.publish(Array.from({ length: 10 }, (_, index) => ({ key: null, id: `n${index}` })))
  const first = await shop.runConsumer('one')
  await until('all is delivered', () => receiver.requests.length === 9)
  const id = await shop.begin('/v1/replays', { subscription, ratePerSecond: 2 })
  await until('a part is done', async () => Number((await shop.job(id)).done) >= 2)
  await first.stop()
  const path = `/v1/subscriptions/${subscription}`
  assert.equal((await shop.api('PATCH', path, { filter: { cel: 'event.id == "n3"' } })).status, 200)
  assert.equal((await shop.api('POST', `${path}/pause`)).status, 200)
  await shop.runConsumer('two')
  const because = `subscription ${subscription} is paused (operator)`
  await until('it says what it waits for', async () => (await shop.job(id)).because === because)
  assert.equal((await shop.api('POST', `${path}/resume`)).status, 200)
  const job = await shop.untilOver(id)
  assert.deepEqual([job.state, job.matched, job.done, job.runner, job.because], ['finished', 9, 9, 'two', null])
  const replayed = receiver.requests.filter(({ headers }) => headers['tailrace-replay'] === id).map(idOf)
  assert.deepEqual(new Set(replayed), new Set([0, 1, 2, 4, 5, 6, 7, 8, 9].map((n) => `n${n}`)))
})

test('a replay with a filter that its runner cannot use fails and says so', async (t) => {
  const shop = await openWorkshop(t)
  const receiver = await createReceiver(t, { behaviour: takes })
  const subscription = await shop.subscribe(receiver)
  const { uid } = (await shop.api('GET', `/v1/subscriptions/${subscription}`)).body
  await shop.publish([{ key: null, id: 'n0' }])
  const lanes = openLanes({ connection: connectionOf('newer-console'), metrics: createMetrics(), kind: 'shared' })
  t.after(() => lanes.close())
  const filter = { types: null, cel: 'event.ofTomorrow ~ 1' }
  const job = {
    ...{ id: 'job_01JD8Z6T000000AB', kind: 'replay', request: {}, subscription, uid, select: null },
    ...{ from: { 0: 0 }, ends: { 0: 1 }, filter, subscriptionFilter: null, matched: 1, ratePerSecond: null },
    ...{ createdBy: 'key k', createdAt: new Date().toISOString(), cancelledAt: null },
  }
  const [key, value] = [Buffer.from(`job/${job.id}`), Buffer.from(JSON.stringify(job))]
  await lanes.append(topicNames(shop.installation.prefix).catalog, 0, { key, value, headers: {} })
  await shop.runConsumer('one')
  const failed = await shop.untilOver(job.id)
  assert.equal(failed.state, 'failed')
  assert.match(String(failed.error), /^this version cannot use a filter of the replay: at character/)
})
