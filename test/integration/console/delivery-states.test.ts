import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReceiver, createReturningReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { type Delivery, phaseOnConsumer, publisherOf, runConsumer } from './delivering.ts'
import { createInstallation } from './running-console.ts'

test('deliveries outlive their subscription, and are not mixed up with those of the next one of its name', async (t) => {
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  const receiver = await createReceiver(t, {
    behaviour: ({ headers }) => ({ kind: 'answer', status: headers['ce-id'] === 'late' ? 500 : 204 }),
  })
  await api('PUT', '/v1/streams/orders', { partitions: 1 })
  const definition = {
    stream: 'orders',
    destination: { targets: [{ url: receiver.url }] },
    retry: { scheduleMs: [3_600_000] },
  }
  const { body: first } = await api('PUT', '/v1/subscriptions/billing', definition)
  const publish = publisherOf(t, `${installation.prefix}events.orders`)
  await publish('a', 'good')
  await publish('b', 'late')
  await runConsumer(installation)
  const read = async (id: string) => (await api('GET', `/v1/deliveries/${id}`)).body as unknown as Delivery
  const list = async (query: string) =>
    ((await api('GET', `/v1/deliveries?${query}`)).body.items as unknown as Delivery[]).map(({ id, state }) => [
      id,
      state,
    ])
  await until('both are told', async () => (await list('subscription=billing')).length === 2)
  const before = await read('billing-0-0')
  assert.equal((await api('DELETE', '/v1/subscriptions/billing')).status, 204)
  assert.deepEqual(await read('billing-0-0'), before)
  const late = await read('billing-0-1')
  assert.deepEqual([late.state, late.attempts, late.nextAttemptAt], ['unknown', 1, null])
  assert.equal(late.because, 'its subscription was deleted before it was over')
  assert.doesNotMatch(late.attemptList[0]?.hint ?? '', /next attempt/)
  assert.deepEqual(await list('subscription=billing&state=delivered'), [['billing-0-0', 'delivered']])
  assert.deepEqual(await list('state=unknown'), [['billing-0-1', 'unknown']])
  assert.deepEqual(await list('subscription=billing&state=discarded'), [])
  assert.equal((await api('GET', '/v1/deliveries/billing-0-2')).status, 404)
  assert.equal((await api('GET', '/v1/deliveries?subscription=bilking')).status, 404)

  const { body: second } = await api('PUT', '/v1/subscriptions/billing', definition)
  assert.notEqual(second.uid, first.uid)
  await publish('a', 'new')
  await until('it is delivered', async () => (await list('subscription=billing')).length === 1)
  assert.deepEqual(await list('subscription=billing'), [['billing-0-2', 'delivered']])
  assert.deepEqual(
    [(await read('billing-0-2')).subscriptionUid, (await read('billing-0-0')).subscriptionUid],
    [second.uid, first.uid],
  )
})

test('every state can be asked for: what is under way, filtered out or skipped is found, too', async (t) => {
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  const receiver = await createReturningReceiver(t, {
    behaviour: ({ headers }) => (headers['ce-id'] === 'slow' ? { kind: 'hang' } : { kind: 'answer', status: 204 }),
  })
  await api('PUT', '/v1/streams/orders', { partitions: 1 })
  const path = '/v1/subscriptions/billing'
  await api('PUT', path, {
    stream: 'orders',
    destination: { targets: [{ url: receiver.url }] },
    retry: { scheduleMs: [200] },
    filter: { types: ['order.*'] },
  })
  const publish = publisherOf(t, `${installation.prefix}events.orders`)
  const list = async (state: string, more = '') => {
    const { status, body } = await api('GET', `/v1/deliveries?subscription=billing&state=${state}${more}`)
    assert.equal(status, 200, state)
    return (body.items as unknown as Delivery[]).map((item) => [item.id, item.state])
  }
  const read = async (id: string) => (await api('GET', `/v1/deliveries/${id}`)).body as unknown as Delivery
  await publish('a', 'slow')
  await publish('b', 'other', 'invoice.made')
  assert.deepEqual(await list('queued'), [
    ['billing-0-1', 'queued'],
    ['billing-0-0', 'queued'],
  ])
  await runConsumer(installation)
  assert.deepEqual(
    await until('it is under way', async () => {
      const items = await list('delivering')
      return items.length > 0 && items
    }),
    [['billing-0-0', 'delivering']],
  )
  assert.equal((await read('billing-0-0')).state, 'delivering')
  assert.deepEqual(
    await until('the one behind it was filtered out', async () => {
      const items = await list('filtered')
      return items.length > 0 && items
    }),
    [['billing-0-1', 'filtered']],
  )
  assert.deepEqual(await list('queued'), [])
  await receiver.refuse()
  receiver.behave({ kind: 'answer', status: 204 })
  await receiver.accept()
  await until('it is delivered', async () => (await list('delivered')).length === 1)
  assert.equal((await read('billing-0-1')).because, 'type invoice.made is not in order.*')

  assert.equal((await api('POST', `${path}/pause`)).status, 200)
  const phase = phaseOnConsumer(installation, 'billing')
  await until('the consumer has paused', async () => (await phase()) === 'paused')
  await publish('c', 'passed over')
  await publish('c', 'passed over, too')
  const paused = [
    ['billing-0-3', 'paused'],
    ['billing-0-2', 'paused'],
  ]
  assert.deepEqual(await list('paused'), paused)
  assert.deepEqual(await list('paused', '&key=a'), [])
  assert.deepEqual(await list('queued'), [])
  const moved = await until('the pause is known', async () => {
    const { status, body } = await api('POST', `${path}/seek`, { to: 'latest' })
    return status === 200 && body
  })
  assert.equal(moved.skipped, 2)
  await until('both are skipped', async () => (await list('skipped')).length === 2)
  assert.deepEqual(await list('paused'), [])
  assert.equal((await api('POST', `${path}/resume`)).status, 200)
  await publish('c', 'last')
  await until('what comes behind is delivered', async () => (await list('delivered')).length === 2)
  assert.deepEqual(await list('skipped'), [
    ['billing-0-3', 'skipped'],
    ['billing-0-2', 'skipped'],
  ])
  assert.equal((await read('billing-0-2')).because, 'an operator moved the subscription over it')

  assert.equal((await api('POST', `${path}/pause`)).status, 200)
  await until('it went back', async () => {
    const { status } = await api('POST', `${path}/seek`, { to: { 0: 2 } })
    return status === 200
  })
  await until('what was skipped waits again', async () => (await list('skipped')).length === 0)
  assert.deepEqual(await list('paused'), paused)
  assert.equal((await read('billing-0-2')).state, 'paused')
  assert.equal((await api('POST', `${path}/resume`)).status, 200)
  await until('it is delivered after all', async () => (await list('delivered')).length === 4)
  assert.deepEqual(await list('filtered'), [['billing-0-1', 'filtered']])
  const others = ['queued', 'waiting', 'retrying', 'held', 'paused', 'dead-lettered', 'expired', 'discarded', 'unknown']
  for (const state of others) {
    assert.deepEqual(await list(state), [], state)
  }
  for (const [query, field] of [
    ['state=lost', 'state'],
    ['state=filtered', 'subscription'],
    ['state=delivering&key=a', 'key'],
  ]) {
    const { status, body } = await api('GET', `/v1/deliveries?${query}`)
    const [fault] = body.errors as { query: string }[]
    assert.deepEqual([status, body.code, fault?.query], [400, 'request-malformed', field], query)
  }
})
