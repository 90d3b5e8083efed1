import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import type { ConsoleClient, Json } from '../console/console-client.ts'
import { idOf, keyed, openWorkshop, repeatsInOrder } from './fixture.ts'

const refuses = { kind: 'answer', status: 422 } as const
const takes = { kind: 'answer', status: 204 } as const

type Page = { items: Json[]; next: string | null }
const list = async (api: ConsoleClient, query: string) =>
  (await api('GET', `/v1/dead-letters?${query}`)).body as unknown as Page

async function deadOf(api: ConsoleClient, subscription: string): Promise<unknown> {
  const { status } = (await api('GET', `/v1/subscriptions/${subscription}`)).body
  return (status as Json).deadLetters
}

test('dead letters are listed newest first, filtered and counted; a cursor outlives what comes and the console', async (t) => {
  const shop = await openWorkshop(t)
  const { api } = shop
  const receiver = await createReceiver(t, { behaviour: refuses })
  const subscription = await shop.subscribe(receiver, { delivery: { concurrency: 1 } })
  await shop.runConsumer('one')
  await shop.publish(keyed(12, 4))
  await shop.untilDead(12)

  await t.test('one says what it was, and why it is dead', async () => {
    const { items } = await list(api, 'key=k1&limit=1')
    const [letter = {}] = items
    const { id, position, eventId, kind, cause, code, attempts, bytes, job, key, contentType } = letter
    assert.deepEqual(
      { eventId, kind, cause, code, attempts, bytes, job, key, contentType },
      {
        ...{ eventId: 'k1-2', kind: 'receiver', cause: 'refused', code: 'status-422', attempts: 1, bytes: 13 },
        ...{ job: null, key: 'k1', contentType: 'application/json' },
      },
    )
    assert.equal(String(id).replace(subscription, 'orders'), position)
  })

  const all = await list(api, 'limit=500')
  const ids = all.items.map(({ id }) => String(id))

  await t.test('filters and the summary', async () => {
    assert.equal(ids.length, 12)
    const times = all.items.map(({ deadAt }) => String(deadAt))
    assert.deepEqual(times, times.toSorted().reverse())
    assert.equal((await list(api, 'cause=exhausted')).items.length, 0)
    assert.equal((await list(api, `subscription=${subscription}&type=order.created`)).items.length, 12)
    const middle = times[5] ?? ''
    const [since, before] = [await list(api, `since=${middle}`), await list(api, `until=${middle}`)]
    assert.equal(since.items.length + before.items.length, 12)
    assert.ok(since.items.every(({ deadAt }) => String(deadAt) >= middle))
    const { body } = await api('GET', '/v1/dead-letters/summary?groupBy=cause')
    const group = { subscription, cause: 'refused', code: 'status-422', count: 12 }
    const [firstAt, lastAt] = [times.at(-1), times[0]]
    assert.deepEqual(body, { groups: [{ ...group, firstAt, lastAt, sample: ids[0] }], total: 12, leftOut: 0 })
    assert.equal(await deadOf(api, subscription), 12)
  })

  await t.test('what nobody can mean is refused', async () => {
    for (const [path, code] of [
      ['/v1/dead-letters?since=yesterday', 'request-malformed'],
      ['/v1/dead-letters?cursor=nonsense', 'request-malformed'],
      ['/v1/dead-letters?limit=0', 'request-malformed'],
      ['/v1/dead-letters?colour=red', 'unknown-field'],
      ['/v1/dead-letters/summary?groupBy=key', 'request-malformed'],
    ]) {
      const { status, body } = await api('GET', String(path))
      assert.deepEqual([status, body.code], [400, code], String(path))
    }
  })

  await t.test('a cursor goes on where it was, after more deaths and on another console', async () => {
    const first = await list(api, 'limit=5')
    await shop.publish([{ key: 'late', id: 'late-0' }])
    await shop.untilDead(13)
    const { api: other } = await shop.installation.start()
    const second = await list(other, `limit=5&cursor=${first.next}`)
    const third = await list(other, `limit=5&cursor=${second.next}`)
    const seen = [first, second, third].flatMap(({ items }) => items.map(({ id }) => String(id)))
    assert.deepEqual(seen, ids)
    assert.equal(third.next, null)
  })

  await t.test('what is discarded is listed no more, counted by a dry run before, and never redriven', async () => {
    const select = { subscription, key: 'k1' }
    const [given] = (await list(api, 'key=k1')).items
    const dryRun = await api('POST', '/v1/discards', { select, dryRun: true })
    assert.deepEqual([dryRun.status, dryRun.body.matched], [200, 3])
    const job = await shop.untilOver(await shop.begin('/v1/discards', { select }))
    assert.deepEqual([job.kind, job.state, job.matched, job.done, job.delivered], ['discard', 'finished', 3, 3, 0])
    await shop.untilDead(10)
    assert.equal(await deadOf(api, subscription), 10, 'its status counts what is left')
    assert.equal((await list(api, 'key=k1')).items.length, 0)
    const stateOf = async () => (await api('GET', `/v1/deliveries/${given?.id}`)).body.state
    await until('its delivery says that it was given up', async () => (await stateOf()) === 'discarded')
    receiver.behave(takes)
    const before = receiver.requests.length
    const redrive = await shop.untilOver(await shop.begin('/v1/redrives', { select: { subscription } }))
    assert.deepEqual([redrive.matched, redrive.delivered], [10, 10])
    assert.ok(receiver.requests.slice(before).every((request) => !idOf(request).startsWith('k1-')))
    await shop.untilDead(0)
    assert.equal((await api('POST', `/v1/deliveries/${ids[0]}/retry`)).status, 404)
  })

  await t.test('jobs are listed newest first; requests that make no sense start none', async () => {
    const { items } = (await api('GET', '/v1/jobs')).body as unknown as Page
    assert.deepEqual(
      items.map(({ kind }) => kind),
      ['redrive', 'discard'],
    )
    const page = (await api('GET', '/v1/jobs?limit=1')).body as unknown as Page
    const rest = (await api('GET', `/v1/jobs?limit=1&cursor=${page.next}`)).body as unknown as Page
    assert.deepEqual([page.items[0]?.id, rest.items[0]?.id, rest.next], [items[0]?.id, items[1]?.id, null])
    for (const [path, body, status, code, pointer] of [
      ['/v1/redrives', {}, 400, 'body-invalid', '/select'],
      ['/v1/redrives', { select: {} }, 400, 'body-invalid', '/select/subscription'],
      ['/v1/redrives', { select: { subscription: 'nobody' } }, 404, 'subscription-unknown', undefined],
      ['/v1/redrives', { select: { subscription, causes: [] } }, 400, 'unknown-field', '/select/causes'],
      ['/v1/redrives', { select: { subscription }, ratePerSecond: 0 }, 400, 'body-invalid', '/ratePerSecond'],
      ['/v1/redrives', { select: { subscription, since: 'now' } }, 400, 'body-invalid', '/select/since'],
      ['/v1/discards', { select: { subscription }, ratePerSecond: 5 }, 400, 'unknown-field', '/ratePerSecond'],
      ['/v1/replays', { subscription, from: 'yesterday' }, 400, 'body-invalid', '/from'],
      ['/v1/replays', { subscription, to: { 9: 1 } }, 400, 'body-invalid', '/to/9'],
      ['/v1/replays', { subscription, from: { 0: 99 } }, 400, 'body-invalid', '/from/0'],
      ['/v1/jobs/job_0/cancel', undefined, 404, 'not-found', undefined],
      ['/v1/deliveries/nobody-0-1/retry', undefined, 404, 'not-found', undefined],
    ] as const) {
      const reply = await api('POST', path, body)
      const [fault] = (reply.body.errors ?? []) as { pointer?: string }[]
      assert.deepEqual(
        [reply.status, reply.body.code, fault?.pointer],
        [status, code, pointer],
        JSON.stringify(reply.body),
      )
    }
    assert.equal(((await api('GET', '/v1/jobs')).body as unknown as Page).items.length, 2)
  })

  await t.test('scopes: read lists, operate acts', async () => {
    const made = async (scope: string) =>
      String((await api('POST', '/v1/keys', { name: 'tester', scopes: [scope] })).body.secret)
    const [reader, publisher] = [api.as(await made('read')), api.as(await made('publish:orders'))]
    for (const path of ['/v1/dead-letters', '/v1/dead-letters/summary', '/v1/jobs']) {
      assert.equal((await reader('GET', path)).status, 200)
      assert.equal((await publisher('GET', path)).status, 403)
    }
    const body = { select: { subscription } }
    for (const path of ['/v1/redrives', '/v1/discards', '/v1/replays', '/v1/jobs/x/cancel', '/v1/deliveries/x/retry']) {
      assert.equal((await reader('POST', path, body)).status, 403)
    }
  })
})

test('a replay delivers a range of the stream again, in order, over a stop of its consumer; without its subscription it fails', async (t) => {
  const shop = await openWorkshop(t)
  const { api } = shop
  const receiver = await createReceiver(t, { behaviour: takes })
  const subscription = await shop.subscribe(receiver, { delivery: { concurrency: 32 } })
  const first = await shop.runConsumer('one')
  const events = keyed(300, 12)
  await shop.publish(events)
  await until('all is delivered', () => receiver.requests.length === 300)
  const firstIds = receiver.requests.map((request) => request.headers['webhook-id'])

  const dryRun = (await api('POST', '/v1/replays', { subscription, dryRun: true })).body
  assert.deepEqual([dryRun.matched, (dryRun.sample as string[]).length], [300, 5])
  const none = { subscription, from: 'latest', dryRun: true }
  assert.deepEqual((await api('POST', '/v1/replays', none)).body, {
    ...{ dryRun: true, matched: 0, bytes: 0, estimated: false, leftOut: 0, sample: [] },
  })
  const id = await shop.begin('/v1/replays', { subscription, ratePerSecond: 100 })
  await until('a part is done', () => receiver.requests.length > 400)
  // The job must not be over before another consumer is there, however long that takes to start.
  receiver.behave({ ...takes, delayMs: 1_000 })
  await shop.runConsumer('two')
  await first.stop()
  receiver.behave(takes)
  const job = await shop.untilOver(id)
  assert.deepEqual([job.state, job.matched, job.done, job.delivered, job.runner], ['finished', 300, 300, 300, 'two'])
  const replayed = receiver.requests.slice(300)
  assert.equal(repeatsInOrder(replayed, events), 0, 'a clean stop repeats nothing')
  assert.ok(replayed.every(({ headers }) => headers['tailrace-replay'] === id))
  assert.deepEqual(new Set(replayed.map(({ headers }) => headers['webhook-id'])), new Set(firstIds))

  receiver.behave((request) => (idOf(request) === 'k3-0' ? refuses : takes))
  const from = { 0: 0, 1: 0, 2: 0 }
  const refused = await shop.untilOver(await shop.begin('/v1/replays', { subscription, from }))
  assert.deepEqual([refused.state, refused.delivered, refused.deadLettered], ['finished', 299, 1])
  await shop.untilDead(1)

  const slow = await shop.begin('/v1/replays', { subscription, ratePerSecond: 1 })
  const queued = await shop.begin('/v1/redrives', { select: { subscription } })
  await until('it runs', async () => (await shop.job(slow)).state === 'running')
  assert.equal((await shop.job(queued)).state, 'queued')
  const { jobs } = (await api('GET', '/v1/state')).body as unknown as { jobs: Json[] }
  assert.deepEqual(
    jobs.map((one) => [one.id, one.state]),
    [
      [queued, 'queued'],
      [slow, 'running'],
    ],
  )
  assert.equal((await api('DELETE', `/v1/subscriptions/${subscription}`)).status, 204)
  for (const one of [slow, queued]) {
    const failed = await shop.untilOver(one)
    assert.deepEqual([failed.state, failed.error], ['failed', `subscription ${subscription} was deleted`])
  }
})
