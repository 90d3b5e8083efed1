import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { webhookIdOf } from '#shared/event/webhook-id.ts'
import { createReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { type Delivery, publisherOf, runConsumer } from './delivering.ts'
import { createInstallation, type Installation } from './running-console.ts'

type Api = Awaited<ReturnType<Installation['start']>>['api']
type Listed = { position: string; id: string; key: string | null }

const listed = async (api: Api, query: string) =>
  ((await api('GET', `/v1/events?${query}`)).body.items as Listed[]).map(({ position }) => position)

/** One event, several subscriptions: the state of each. */
async function statesOf(api: Api, id: string): Promise<Record<string, string>> {
  const { body } = await api('GET', `/v1/events/${encodeURIComponent(id)}`)
  return Object.fromEntries((body.deliveries as Delivery[]).map(({ subscription, state }) => [subscription, state]))
}

test('the journey of an event tells what every subscription of its stream made of it, also those that are silent', async (t) => {
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  const receiver = await createReceiver(t, {
    behaviour: ({ headers, path }) => {
      const status = path === '/crm' && headers['ce-id'] === 'first' ? 500 : path === '/strict' ? 422 : 204
      return { kind: 'answer', status }
    },
  })
  await api('PUT', '/v1/streams/orders', { partitions: 1 })
  const publish = publisherOf(t, `${installation.prefix}events.orders`)
  await publish('k', 'before')
  const subscribe = (name: string, more: object = {}) =>
    api('PUT', `/v1/subscriptions/${name}`, {
      ...{ stream: 'orders', destination: { targets: [{ url: `${receiver.url}${name}` }] } },
      ...{ retry: { scheduleMs: [3_600_000] }, ...more },
    })
  for (const name of ['billing', 'crm', 'strict']) await subscribe(name)
  await subscribe('invoices', { filter: { types: ['invoice.*'] } })
  await subscribe('asleep', { paused: true })
  await publish('k', 'first')
  await publish('k', 'second')
  await runConsumer(installation)
  const expected = {
    billing: 'delivered',
    crm: 'retrying',
    strict: 'dead-lettered',
    invoices: 'filtered',
    asleep: 'paused',
  }
  await until('all have come to it', async () => {
    const { billing, crm, strict, invoices } = await statesOf(api, 'orders-0-2')
    return isDeepStrictEqual([billing, crm, strict, invoices], ['delivered', 'waiting', 'dead-lettered', 'filtered'])
  })
  assert.deepEqual(await statesOf(api, 'first'), expected)
  assert.deepEqual(await statesOf(api, webhookIdOf('/shop', 'first')), expected)
  assert.deepEqual(await statesOf(api, 'orders-0-1'), expected)
  assert.equal((await statesOf(api, 'before')).billing, 'skipped')

  const { body } = await api('GET', '/v1/events/second')
  const of = (name: string) => (body.deliveries as Delivery[]).find(({ subscription }) => subscription === name)
  assert.deepEqual([of('crm')?.behind, of('crm')?.because], ['crm-0-1', 'behind crm-0-1 of the same key'])
  assert.equal(of('invoices')?.because, 'type order.created is not in invoice.*')
  assert.equal(of('asleep')?.because, 'an operator paused the subscription')
  assert.deepEqual([body.id, body.source, body.type], ['second', '/shop', 'order.created'])
  assert.deepEqual(
    (body.records as Listed[]).map(({ position, key }) => [position, key]),
    [['orders-0-2', 'k']],
  )

  const missing = await until('the index is complete', async () => {
    const answer = await api('GET', '/v1/events/nobody')
    return answer.body.indexIsComplete === true && answer
  })
  assert.equal(missing.status, 404)
  assert.match(String(missing.body.detail), /index is complete/)

  assert.equal((await api('DELETE', '/v1/subscriptions/billing')).status, 204)
  assert.equal((await statesOf(api, 'first')).billing, 'delivered')
})

test('events are listed, browsed, exported and read, and who read one is told', async (t) => {
  const installation = await createInstallation(t)
  const { api, service } = await installation.start()
  await api('PUT', '/v1/streams/orders', { partitions: 1 })
  const publish = publisherOf(t, `${installation.prefix}events.orders`)
  for (let n = 0; n < 5; n += 1) await publish(`k${n % 2}`, `e${n}`, n === 4 ? 'order.closed' : 'order.created')
  await until('all are known', async () => (await listed(api, 'stream=orders')).length === 5)
  assert.deepEqual(await listed(api, 'key=k1'), ['orders-0-3', 'orders-0-1'])
  assert.deepEqual(await listed(api, 'type=order.closed'), ['orders-0-4'])
  assert.deepEqual(await listed(api, 'id=e2&source=/shop'), ['orders-0-2'])
  assert.deepEqual(await listed(api, 'until=2020-01-01T00:00:00.000Z'), [])
  const first = await api('GET', '/v1/events?limit=3')
  const rest = await api('GET', `/v1/events?limit=3&cursor=${first.body.next}`)
  assert.deepEqual(
    [first, rest].map(({ body }) => (body.items as Listed[]).length),
    [3, 2],
  )
  assert.equal(rest.body.next, null)
  assert.equal((await api('GET', '/v1/events?colour=red')).body.code, 'unknown-field')
  assert.equal((await api('GET', '/v1/events?cursor=zzz')).status, 400)

  const browsed = await api('GET', '/v1/streams/orders/events?from=1&limit=2')
  assert.deepEqual(
    (browsed.body.items as Listed[]).map(({ id }) => id),
    ['e1', 'e2'],
  )
  const on = await api('GET', `/v1/streams/orders/events?limit=2&cursor=${browsed.body.next}`)
  assert.deepEqual(
    (on.body.items as Listed[]).map(({ id }) => id),
    ['e3', 'e4'],
  )
  assert.deepEqual([on.body.next, on.body.nextOffset, on.body.endOffset], [null, 5, 5])
  const latest = await api('GET', '/v1/streams/orders/events?limit=1')
  assert.deepEqual(
    (latest.body.items as Listed[]).map(({ id }) => id),
    ['e4'],
  )
  assert.equal((await api('GET', '/v1/streams/orders/events?partition=7')).status, 400)

  const headers = { authorization: `Bearer ${installation.adminKey}` }
  const lines = await fetch(`${service.url}/v1/events`, { headers: { ...headers, accept: 'application/x-ndjson' } })
  assert.equal(lines.headers.get('content-type'), 'application/x-ndjson')
  const ids = (await lines.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).id)
  assert.deepEqual(ids, ['e4', 'e3', 'e2', 'e1', 'e0'])

  const body = await fetch(`${service.url}/v1/events/orders-0-2/body`, { headers })
  assert.deepEqual([body.status, await body.text(), body.headers.get('x-content-type-options')], [200, '{}', 'nosniff'])
  const { body: key } = await api('POST', '/v1/keys', { name: 'looker', scopes: ['read', 'consume:other'] })
  const refused = await api.as(String(key.secret))('GET', '/v1/events/orders-0-2/body')
  assert.deepEqual([refused.status, refused.body.code], [403, 'scope-missing'])
  assert.equal((await api('GET', '/v1/events/orders-0-99/body')).status, 404)

  type AuditLine = { action: string; path: string; status: number }
  const audit = await until('all of it is known', async () => {
    const items = (await api('GET', '/v1/audit')).body.items as AuditLine[]
    return items.length >= 3 && items
  })
  assert.deepEqual(
    audit.map(({ action, path, status }) => [action, path, status]),
    [
      ['createKey', '/v1/keys', 201],
      ['getEventBody', '/v1/events/orders-0-2/body', 200],
      ['putStream', '/v1/streams/orders', 201],
    ],
  )
  const history = await api('GET', '/v1/history?series=stored/orders,delivered/nobody')
  const [stored, none] = history.body.series as { values: (number | null)[] }[]
  assert.equal(
    stored?.values.reduce((sum: number, value) => sum + (value ?? 0), 0),
    5,
  )
  assert.equal(none?.values.at(-1), 0)
  assert.equal((await api('GET', '/v1/history?series=nonsense/x')).status, 400)
})

test('an index that is deleted during traffic is complete again, and a second console serves the same one', async (t) => {
  const installation = await createInstallation(t)
  const folder = join(installation.folder, 'shared-index')
  const { api } = await installation.start({ TAILRACE_INDEX_DIR: folder })
  const second = await installation.start({ TAILRACE_INDEX_DIR: folder })
  await api('PUT', '/v1/streams/orders', { partitions: 1 })
  const publish = publisherOf(t, `${installation.prefix}events.orders`)
  const all = (from: Api) => listed(from, 'stream=orders&limit=500')
  for (let n = 0; n < 100; n += 1) await publish('k', `e${n}`)
  await until('all are known', async () => (await all(api)).length === 100)
  assert.equal((await all(second.api)).length, 100)
  for (const end of ['', '-wal', '-shm']) rmSync(join(folder, `index.db${end}`), { force: true })
  for (let n = 100; n < 150; n += 1) await publish('k', `e${n}`)
  await until('it is built again', async () => (await all(api)).length === 150)
  assert.equal((await all(second.api)).length, 150)
  assert.equal((await api('GET', '/v1/events/e3')).status, 200)
})
