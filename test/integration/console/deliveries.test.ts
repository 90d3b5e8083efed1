import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { createReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { type Delivery, publisherOf, runConsumer } from './delivering.ts'
import { createInstallation } from './running-console.ts'

test('deliveries are listed by what happened last, and read with every attempt', async (t) => {
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  let failures = 0
  const receiver = await createReceiver(t, {
    behaviour: ({ headers }) => {
      if (headers['ce-id'] === 'bad') return { kind: 'answer', status: 422, body: 'total is negative' }
      if (headers['ce-id'] !== 'late' || failures >= 2) return { kind: 'answer' }
      failures += 1
      return { kind: 'answer', status: 500, body: 'oops', headers: { 'content-type': 'text/plain' } }
    },
  })
  await api('PUT', '/v1/streams/orders', { partitions: 1 })
  const { body: subscription } = await api('PUT', '/v1/subscriptions/billing', {
    ...{ stream: 'orders', destination: { targets: [{ url: receiver.url }] }, retry: { scheduleMs: [300, 20_000] } },
  })
  const publish = publisherOf(t, `${installation.prefix}events.orders`)
  await Promise.all([
    publish('a', 'good'),
    publish('b', 'bad'),
    publish('c', 'late'),
    publish('c', 'behind', 'order.paid'),
  ])
  assert.equal((await api('GET', '/v1/deliveries/billing-0-0')).body.state, 'queued', 'nobody has touched it')
  await runConsumer(installation)
  const list = async (query = '') =>
    (await api('GET', `/v1/deliveries?subscription=billing${query}`)).body as unknown as {
      items: Delivery[]
      next: string | null
    }
  const read = async (id: string) => (await api('GET', `/v1/deliveries/${id}`)).body as unknown as Delivery
  const late = await until('the failing one failed twice', async () => {
    const delivery = await read('billing-0-2')
    return delivery.attempts === 2 && delivery
  })
  assert.equal(late.state, 'retrying')
  assert.equal(late.because, 'target answered 500')
  assert.deepEqual([late.position, late.subscriptionUid], ['orders-0-2', subscription.uid])
  assert.deepEqual(
    late.attemptList.map(({ number, instance, target, job, decision, code, status }) => [
      ...[number, instance, target, job, decision, code, status],
    ]),
    [1, 2].map((number) => [number, 'consumer-1', receiver.url, null, 'retry', 'status-500', 500]),
  )
  const [first, second] = late.attemptList
  assert.deepEqual([first?.responseBody, first?.responseTruncated], ['oops', false])
  assert.equal(first?.responseHead['content-type'], 'text/plain')
  assert.ok((first?.timingsMs.total ?? 0) > 0)
  assert.doesNotMatch(first?.hint ?? '', /next attempt/)
  const clock = late.nextAttemptAt?.slice(11, 19)
  assert.equal(
    second?.hint,
    `The receiver failed on this event. Fix it; the event is sent again. The next attempt is at ${clock} UTC.`,
  )
  const good = await read('billing-0-0')
  assert.deepEqual([good.state, good.attempts, good.because], ['delivered', 1, 'target answered 200'])
  assert.deepEqual(
    good.attemptList.map(({ status, responseBody, hint }) => [status, responseBody, hint]),
    [[200, null, null]],
  )
  assert.ok(good.settledAt !== null && good.firstAttemptAt !== null && good.settledAt >= good.firstAttemptAt)
  const bad = await read('billing-0-1')
  assert.deepEqual([bad.state, bad.attemptList[0]?.decision], ['dead-lettered', 'dead-letter'])
  const behind = await read('billing-0-3')
  assert.deepEqual([behind.state, behind.behind, behind.attempts], ['waiting', 'billing-0-2', 0])

  const ids = async (query: string) => (await list(query)).items.map(({ id }) => id)
  assert.deepEqual(
    (await ids('')).sort(),
    [0, 1, 2, 3].map((offset) => `billing-0-${offset}`),
  )
  assert.deepEqual(await ids('&state=retrying'), ['billing-0-2'])
  assert.deepEqual(await ids('&key=a'), ['billing-0-0'])
  assert.deepEqual(await ids('&type=order.paid'), ['billing-0-3'])
  const page = await list('&limit=3')
  assert.equal(page.items.length, 3)
  assert.equal((await list(`&limit=3&cursor=${page.next}`)).items.length, 1)
  assert.deepEqual((await api('GET', '/v1/deliveries?state=delivered')).body, await list('&state=delivered'))
})

test('an attempt that was compared says what the second target made of it', async (t) => {
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  const primary = await createReceiver(t)
  const other = await createReceiver(t, {
    behaviour: ({ headers }) => ({ kind: 'answer', body: headers['ce-id'] === 'other' ? 'no' : 'ok' }),
  })
  await api('PUT', '/v1/streams/orders', { partitions: 1 })
  const targets = [{ url: primary.url }, { url: other.url }]
  await api('PUT', '/v1/subscriptions/billing', { stream: 'orders', destination: { targets, balance: 'compare' } })
  const publish = publisherOf(t, `${installation.prefix}events.orders`)
  await Promise.all([publish('a', 'same'), publish('b', 'other')])
  await runConsumer(installation)
  const comparisonOf = async (id: string) => {
    const { attemptList } = (await api('GET', `/v1/deliveries/${id}`)).body as unknown as Delivery
    return attemptList[0]?.comparison as { result: string } | undefined
  }
  const told = (id: string) =>
    until(`the comparison of ${id} is on record`, async () => {
      const comparison = await comparisonOf(id)
      return comparison !== undefined && comparison.result !== 'unknown' && comparison
    })
  assert.deepEqual(await told('billing-0-0'), { result: 'match', target: other.url, primary: null, other: null })
  const sideOf = (target: string, body: string) => ({
    ...{ target, status: 200, bodySha256: createHash('sha256').update(body).digest('hex'), bodyBytes: 2 },
  })
  assert.deepEqual(await told('billing-0-1'), {
    ...{ result: 'mismatch', target: other.url },
    ...{ primary: sideOf(primary.url, 'ok'), other: sideOf(other.url, 'no') },
  })
  const { status, body } = await api('POST', '/v1/subscriptions/billing/test')
  assert.deepEqual([status, body.comparison], [200, null])
})

test('what is asked for wrongly is refused, what is not there is not found', async (t) => {
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  const refused = async (query: string) => {
    const { status, body } = await api('GET', `/v1/deliveries?${query}`)
    return [status, body.code]
  }
  assert.deepEqual(await refused('state=lost'), [400, 'request-malformed'])
  assert.deepEqual(await refused('since=yesterday'), [400, 'request-malformed'])
  assert.deepEqual(await refused('limit=0'), [400, 'request-malformed'])
  assert.deepEqual(await refused('cursor=x'), [400, 'request-malformed'])
  assert.deepEqual(await refused('colour=red'), [400, 'unknown-field'])
  assert.deepEqual(await refused('subscription=none'), [404, 'subscription-unknown'])
  for (const id of [
    'x',
    'demo-inbox-0',
    'demo-inbox-0-0',
    'demo-inbox-99-0',
    'none-0-0',
    '%2e%2e',
    'demo-inbox-0--1',
  ]) {
    const { status, body } = await api('GET', `/v1/deliveries/${id}`)
    assert.deepEqual([status, body.code], [404, 'not-found'], id)
  }
  assert.deepEqual((await api('GET', '/v1/deliveries')).body, { items: [], next: null })
})
