import assert from 'node:assert/strict'
import { test } from 'node:test'
import { webhookIdOf } from '#shared/event/webhook-id.ts'
import type { EventPlace } from '../../../../services/console/index/queries/events.ts'
import { attempt } from '../deliveries/log-in-memory.ts'
import { eventRecord, indexOf, ofAudit, ofLetters, ofOrders, orders } from './synthetic.ts'

const any = { id: null, source: null, key: null, type: null, stream: null, sinceMs: null, untilMs: null }
const all = {
  ...{ uid: null, state: null, key: null, type: null, target: null, sinceMs: null, untilMs: null },
}

test('finds an event by id, by webhook-id and by its place', (t) => {
  const { publish, ask } = indexOf(t)
  publish([{ id: 'a' }, { id: 'b' }, { id: 'a' }, { id: 'a', source: '/other' }])
  assert.deepEqual(
    ask('findEvents', { id: 'a' }).map(({ offset }) => offset),
    [3, 2, 0],
  )
  assert.deepEqual(
    ask('findEvents', { id: webhookIdOf('/shop', 'a') }).map(({ offset }) => offset),
    [2, 0],
  )
  const found = ask('eventAt', { stream: 'orders', partition: 0, offset: 1 })
  assert.deepEqual(
    { ...found },
    {
      ...{ stream: 'orders', streamNumber: 1, partition: 0, offset: 1, storedMs: 1_000, id: 'b', source: '/shop' },
      ...{ type: 'order.created', key: 'k', bytes: 2, contentType: 'application/json', acceptedMs: 1_000 },
      ...{ traceId: '4bf92f3577b34da6a3ce929d0e0e4736', acceptedBy: 'producer-2' },
    },
  )
  assert.equal(ask('eventAt', { stream: 'orders', partition: 0, offset: 9 }), null)
})

test('lists events by each filter, newest first, page after page', (t) => {
  const { publish, ask } = indexOf(t)
  publish(Array.from({ length: 20 }, (_, n) => ({ key: `k${n % 2}`, type: `t${n % 5}`, source: `/s${n % 4}` })))
  const list = (filter: Partial<typeof any> | object) =>
    ask('listEvents', { filter: { ...any, ...filter }, after: null, limit: 500 }).map(({ offset }) => offset)
  assert.deepEqual(list({ type: 't0' }), [15, 10, 5, 0])
  assert.deepEqual(list({ type: 't0', key: 'k1' }), [15, 5])
  assert.deepEqual(list({ source: '/s3', stream: 'orders' }), [19, 15, 11, 7, 3])
  assert.deepEqual(list({ stream: 'none' }), [])
  assert.deepEqual(list({ sinceMs: 3_000, untilMs: 6_000 }), [5, 4, 3])
  const pages: number[] = []
  for (let after: EventPlace | null = null; ; ) {
    const page: EventPlace[] = ask('listEvents', { filter: { ...any, key: 'k0' }, after, limit: 3 })
    if (page.length === 0) break
    pages.push(...page.map(({ offset }) => offset))
    after = page.at(-1) ?? null
  }
  assert.deepEqual(pages, [18, 16, 14, 12, 10, 8, 6, 4, 2, 0])
})

test('a record that is read twice stands there once', (t) => {
  const { publish, ask } = indexOf(t)
  publish([{}, {}])
  publish([{}, {}])
  assert.equal(ask('listEvents', { filter: any, after: null, limit: 10 }).length, 2)
})

test('a stream that was made anew is read again, and its events are those of another one', (t) => {
  const { publish, store, ask } = indexOf(t)
  publish([{ id: 'old' }])
  store.noteStream(orders)
  assert.equal(store.position(orders.topic, 0), 1)
  const anew = { ...orders, createdAt: '2026-11-22T00:00:00.000Z' }
  store.noteStream(anew)
  assert.equal(store.position(orders.topic, 0), null)
  const records = [eventRecord({ offset: 0, atMs: 9, id: 'new' })]
  store.apply({ of: { ...ofOrders, kind: 'stream', stream: anew }, partition: 0, next: 1, records }, 0)
  assert.equal(ask('eventAt', { stream: 'orders', partition: 0, offset: 0 })?.id, 'new')
  assert.equal(ask('findEvents', { id: 'old' }).length, 1)
})

test('the newest entry of a delivery counts, and keeps what it leaves out', (t) => {
  const { tell, ask } = indexOf(t)
  const failed = {
    decision: 'retry',
    code: 'status-500',
    status: 500,
    detail: 'target answered 500',
    body: 'x',
  } as const
  tell('a', [{ offset: 4, atMs: 10, state: 'retrying', nextAttemptAtMs: 50, list: [attempt({ ...failed, atMs: 9 })] }])
  const open = ask('wholeDelivery', { subscription: 's-a', partition: 0, offset: 4 })
  assert.equal(open?.row?.state, 'retrying')
  assert.equal(open?.row?.nextAttemptAtMs, 50)
  tell('a', [{ offset: 4, atMs: 60, attempts: 2, list: [attempt({ number: 2, atMs: 59, body: 'ok' })] }])
  const over = ask('wholeDelivery', { subscription: 's-a', partition: 0, offset: 4 })
  assert.equal(over?.row?.state, 'delivered')
  assert.equal(over?.row?.nextAttemptAtMs, null)
  assert.deepEqual(
    over?.turns.flatMap(({ list }) => list.map(({ number, status }) => [number, status])),
    [
      [1, 500],
      [2, 204],
    ],
  )
})

test('a late word of a former owner does not reopen what is over', (t) => {
  const { tell, ask } = indexOf(t)
  tell('a', [{ offset: 1, atMs: 100 }])
  tell('a', [{ offset: 1, atMs: 90, state: 'retrying', nextAttemptAtMs: 120 }], { instance: 'two' })
  assert.equal(ask('wholeDelivery', { subscription: 's-a', partition: 0, offset: 1 })?.row?.state, 'delivered')
  tell('a', [{ offset: 1, atMs: 200, state: 'retrying', nextAttemptAtMs: 220 }], { job: 'job_1' })
  assert.equal(ask('wholeDelivery', { subscription: 's-a', partition: 0, offset: 1 })?.row?.state, 'retrying')
})

test('a success at the first try is kept whole, also when a takeover repeated it', (t) => {
  const { tell, ask } = indexOf(t)
  tell('a', [{ offset: 1, atMs: 100, list: [attempt({ atMs: 98 })] }])
  tell('a', [{ offset: 1, atMs: 300, list: [attempt({ atMs: 297 })] }], { instance: 'two' })
  const whole = ask('wholeDelivery', { subscription: 's-a', partition: 0, offset: 1 })
  assert.equal(whole?.row?.because, 'target answered 204')
  assert.deepEqual(
    whole?.turns.map(({ instance, list }) => [instance, list[0]?.atMs, list[0]?.timingsMs.total]),
    [
      ['one', 98, 1.5],
      ['two', 297, 1.5],
    ],
  )
})

test('lists deliveries by each filter', (t) => {
  const { tell, ask } = indexOf(t)
  tell('a', [
    { offset: 0, atMs: 1, key: 'x' },
    { offset: 1, atMs: 2, key: 'y', state: 'retrying', list: [] },
    { offset: 2, atMs: 3, key: 'y', state: 'waiting', behind: 1, list: [] },
  ])
  tell('b', [{ offset: 1, atMs: 4, key: 'y', type: 'other', list: [attempt({ atMs: 4, url: 'http://two/' })] }])
  const list = (filter: object) =>
    ask('listRows', { filter: { ...all, ...filter }, after: null, limit: 10 }).map(
      ({ subscription, offset }) => `${subscription}-${offset}`,
    )
  assert.deepEqual(list({}), ['s-b-1', 's-a-2', 's-a-1', 's-a-0'])
  assert.deepEqual(list({ uid: 'a' }), ['s-a-2', 's-a-1', 's-a-0'])
  assert.deepEqual(list({ state: 'retrying' }), ['s-a-1'])
  assert.deepEqual(list({ state: 'delivered', key: 'y' }), ['s-b-1'])
  assert.deepEqual(list({ target: 'http://two/' }), ['s-b-1'])
  assert.deepEqual(list({ type: 'order.created', sinceMs: 2, untilMs: 3 }), ['s-a-1'])
})

test('ranges tell what nobody delivers', (t) => {
  const { tell, ask } = indexOf(t)
  tell('a', [{ offset: 9, atMs: 5 }], { ranges: [{ state: 'expired', from: 2, to: 5, atMs: 7 }] })
  const at = (offset: number) => ask('toldAbout', { stream: 'orders', partition: 0, offset }).ranges.map((r) => r.state)
  assert.deepEqual([at(1), at(2), at(4), at(5)], [[], ['expired'], ['expired'], []])
})

test('a dead letter is known by its event until a mark settles it', (t) => {
  const { store, ask } = indexOf(t)
  const source = 'events.orders/0/7@70'
  const letter = {
    ...eventRecord({ offset: 3, atMs: 90, id: 'dead' }),
    ...{ topic: 'dead-letters', key: Buffer.from(`a/${source}`) },
  }
  const headers = {
    ...{ ...letter.headers, tailrace_kind: 'dead-letter', tailrace_source: source, tailrace_subscription: 's-a' },
    ...{ tailrace_cause: 'refused', tailrace_code: 'status-422', tailrace_detail: 'no', tailrace_attempts: '1' },
  }
  store.apply({ of: ofLetters, partition: 0, next: 4, records: [{ ...letter, headers }] }, 0)
  assert.deepEqual(
    ask('lettersOf', { id: 'dead' }).map(({ cause, source: { offset } }) => [cause, offset]),
    [['refused', 7]],
  )
  const told = () => ask('toldAbout', { stream: 'orders', partition: 0, offset: 7 }).letters.map((one) => one.settled)
  assert.deepEqual(told(), [null])
  const mark = { ...letter, offset: 4, value: null, headers: { tailrace_kind: 'redriven', tailrace_job: 'job_1' } }
  store.apply({ of: ofLetters, partition: 0, next: 5, records: [mark] }, 0)
  assert.deepEqual(told(), ['redriven'])
})

test('counts by minute in the transaction of the rows', (t) => {
  const { publish, tell, ask, store } = indexOf(t)
  publish(Array.from({ length: 3 }, (_, n) => ({ atMs: n * 40_000 })))
  tell('a', [{ offset: 0, atMs: 61_000 }])
  store.noteGauges(61_000, new Map([['lag/s-a', 3]]))
  store.noteGauges(62_000, new Map([['lag/s-a', 2]]))
  const series = ['stored/orders', 'delivered/s-a', 'lag/s-a']
  const values = ask('readMinutes', { series, from: 0, to: 9 }).map((one) => ({ ...one }))
  assert.deepEqual(values, [
    { series: 'stored/orders', minute: 0, value: 2 },
    { series: 'stored/orders', minute: 1, value: 1 },
    { series: 'delivered/s-a', minute: 1, value: 1 },
    { series: 'lag/s-a', minute: 1, value: 3 },
  ])
})

test('rows and position are written together or not at all', (t) => {
  const { store, ask } = indexOf(t)
  const good = eventRecord({ offset: 0, atMs: 1 })
  const broken = { ...eventRecord({ offset: 1, atMs: 2 }), timestampMs: null as unknown as number }
  assert.throws(() => store.apply({ of: ofOrders, partition: 0, next: 2, records: [good, broken] }, 0))
  assert.equal(store.position(orders.topic, 0), null)
  assert.equal(ask('listEvents', { filter: any, after: null, limit: 10 }).length, 0)
})

test('keeps who changed what, newest first', (t) => {
  const { store, ask } = indexOf(t)
  const records = [0, 1, 2].map((offset) => ({
    ...eventRecord({ offset, atMs: offset }),
    value: Buffer.from(JSON.stringify({ action: `a${offset}` })),
  }))
  store.apply({ of: ofAudit, partition: 0, next: 3, records }, 0)
  const list = ask('listAudit', { sinceMs: null, untilMs: null, before: 2, limit: 5 })
  assert.deepEqual(
    list.map(({ offset, atMs }) => [offset, atMs]),
    [
      [1, 1],
      [0, 0],
    ],
  )
})
