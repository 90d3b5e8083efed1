import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { encodeMetadata } from '#shared/delivery/commit-metadata.ts'
import { TailraceError } from '#shared/errors.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { webhookIdOf } from '#shared/event/webhook-id.ts'
import type { Console } from '../../../../services/console/context.ts'
import { findDelivery } from '../../../../services/console/deliveries/find.ts'
import { bodyOf } from '../../../../services/console/events/body.ts'
import { browseStream } from '../../../../services/console/events/browse.ts'
import { journeyOf } from '../../../../services/console/events/journey.ts'
import { listIndexedEvents } from '../../../../services/console/events/list.ts'
import { attempt } from '../deliveries/log-in-memory.ts'
import { eventRecord, indexOf, orders } from '../index/synthetic.ts'

const count = 12

/** `lacks`: what cannot be asked; `underWay`: offsets that the one consumer attempts for `plain`, as of its report at 20 s. */
type Setting = { low?: number; lacks?: 'index' | 'blockerOf'; hasLeader?: boolean; underWay?: readonly number[] }

/** A stream of 12 events with one key, whose subscriptions have all committed 8 of them, and what else a test says. */
function consoleOn(t: TestContext, { low = 0, lacks, hasLeader = true, underWay = [] }: Setting = {}) {
  const index = indexOf(t)
  const records: StoredRecord[] = Array.from({ length: count }, (_, offset) =>
    eventRecord({ offset, atMs: offset * 1_000 }),
  )
  index.publish(records.map(() => ({})))
  index.store.noteComplete(Date.now())
  const subscription = (name: string, more: object = {}) => ({
    ...{
      uid: name,
      name,
      stream: 'orders',
      group: name,
      paused: false,
      heldAt: null,
      resumedAt: null,
      ordering: 'key',
    },
    ...{ startOffsets: { 0: 2 }, filter: { types: null, cel: null }, retry: { whileBlocked: 'wait' } },
    ...{ updatedAt: '2026-11-21T09:00:00.000Z', ...more },
  })
  const subscriptions = [
    subscription('plain'),
    subscription('choosy', { filter: { types: ['invoice.*'], cel: null } }),
    subscription('asleep', { paused: true }),
  ]
  t.mock.timers.enable({ apis: ['Date'], now: 20_000 })
  const stream = { ...orders, partitions: 1 }
  const metadata = encodeMetadata({ token: 't', base: 8, runs: [], atMs: 0 }).text
  const console = {
    prefix: 'p.',
    redis: { tryRun: async () => ({ c: JSON.stringify(reportOn('plain', underWay)) }) },
    monitor: {
      last: () => ({ subscriptions: new Map(subscriptions.map(({ uid }) => [uid, { owners: new Map([[0, 'c']]) }])) }),
    },
    topics: { deadLetters: 'dead-letters' },
    streamOf: () => ({ name: 'orders', defaultType: null }),
    catalog: {
      stream: (name: string) => (name === 'orders' ? stream : undefined),
      streams: () => [stream],
      subscriptions: () => subscriptions,
      subscription: (name: string) => subscriptions.find((one) => one.name === name),
      subscriptionByUid: (uid: string) => subscriptions.find((one) => one.uid === uid),
      state: () => undefined,
    },
    admin: {
      async offsets() {
        if (!hasLeader) throw new TailraceError('kafka-unavailable', 'no leader')
        return [{ partition: 0, low, high: count }]
      },
      offsetsAt: async () => [{ partition: 0, offset: 4 }],
      read: async ({ from, to }: { from: number; to: number }) => ({
        records: records.slice(from, to),
        next: to,
        bytes: 1,
      }),
      committed: async () => [{ partition: 0, offset: 8, metadata }],
    },
    index: {
      async ask(...asked: Parameters<typeof index.ask>) {
        if (lacks === 'index' || lacks === asked[0]) throw new TailraceError('index-unavailable', 'none')
        return index.ask(...asked)
      },
      catchUp: async () => lacks !== 'index',
    },
  } as unknown as Console
  const states = async (id: string) => {
    const { deliveries } = await journeyOf(console, id, null)
    return Object.fromEntries(deliveries.map(({ subscription: name, state, because }) => [name, [state, because]]))
  }
  return { ...index, console, states, records }
}

test('tells what is written, and why nothing is', async (t) => {
  const { tell, states } = consoleOn(t)
  tell('plain', [{ offset: 5, atMs: 5_000 }], { subscription: 'plain' })
  assert.deepEqual(await states('e5'), {
    plain: ['delivered', 'target answered 204'],
    choosy: ['filtered', 'type order.created is not in invoice.*'],
    asleep: [
      'unknown',
      'it is over, but the attempts log says nothing about it: that was lost in trouble, or has expired',
    ],
  })
  assert.deepEqual((await states(webhookIdOf('/shop', 'e5'))).plain?.[0], 'delivered')
  assert.deepEqual((await states('orders-0-1')).plain, ['skipped', 'the subscription begins later, at orders-0-2'])
  const later = await states('orders-0-10')
  assert.deepEqual(later.asleep, ['paused', 'an operator paused the subscription'])
  assert.deepEqual(later.plain, ['queued', '2 earlier events of its partition are not over'])
})

test('what stands behind a failed event of its key waits for it', async (t) => {
  const { tell, states } = consoleOn(t)
  const list = [attempt({ decision: 'retry', status: 500, body: '' })]
  tell('plain', [{ offset: 8, atMs: 8_000, state: 'retrying', nextAttemptAtMs: 9e9, list }], { subscription: 'plain' })
  assert.deepEqual((await states('orders-0-10')).plain, ['waiting', 'behind plain-0-8 of the same key'])
})

test('what stands behind one of its key that is under way waits for it, until the log tells that this one is over', async (t) => {
  const { tell, states } = consoleOn(t, { underWay: [8] })
  assert.deepEqual((await states('orders-0-8')).plain, ['delivering', 'an attempt is under way'])
  assert.deepEqual((await states('orders-0-10')).plain, ['waiting', 'behind plain-0-8 of the same key'])
  tell('plain', [{ offset: 8, atMs: 30_000 }], { subscription: 'plain' })
  assert.deepEqual((await states('orders-0-10')).plain, ['queued', '2 earlier events of its partition are not over'])
})

test('what was parked behind another one waits for the head of its key, and for nothing but its turn without one', async (t) => {
  const { tell, states } = consoleOn(t)
  const list = [attempt({ decision: 'retry', status: 500, body: '' })]
  const parked = (offset: number) => ({ offset, atMs: 8_000, state: 'waiting', behind: 8, list: [] }) as const
  tell('plain', [{ offset: 8, atMs: 8_000, state: 'retrying', list }, parked(9), parked(10)], { subscription: 'plain' })
  assert.deepEqual((await states('orders-0-10')).plain, ['waiting', 'behind plain-0-8 of the same key'])
  tell(
    'plain',
    [8, 9].map((offset) => ({ offset, atMs: 9_000 })),
    { subscription: 'plain' },
  )
  assert.deepEqual((await states('orders-0-10')).plain, ['queued', 'it is its turn'])
})

test('while nobody can say who is first, the word of the log counts', async (t) => {
  const { tell, states } = consoleOn(t, { lacks: 'blockerOf' })
  const because = 'an earlier event of its key is tried again'
  tell('plain', [{ offset: 9, atMs: 8_000, state: 'waiting', because, behind: 8, list: [] }], { subscription: 'plain' })
  assert.deepEqual((await states('orders-0-9')).plain, ['waiting', because])
  assert.deepEqual((await states('orders-0-10')).plain, ['queued', '2 earlier events of its partition are not over'])
})

test('what retention took before anybody read it has expired, though nobody has told so yet', async (t) => {
  const gone = 'retention took the event before it was delivered'
  const { states } = consoleOn(t, { low: 11 })
  assert.deepEqual((await states('e10')).asleep, ['expired', gone])
  assert.deepEqual((await states('e10')).plain, ['expired', gone])
})

test('while the log cannot be read, nothing is said to have expired', async (t) => {
  const { states } = consoleOn(t, { low: 11, hasLeader: false })
  assert.equal((await states('e10')).asleep?.[0], 'paused')
})

test('what a consumer may have read before retention took it has not expired', async (t) => {
  const { states } = consoleOn(t, { low: 11, underWay: [8] })
  assert.equal((await states('e10')).plain?.[0], 'waiting')
})

test('retention takes back nothing that was over before, nor what waits in the retry topic', async (t) => {
  const { tell, states } = consoleOn(t)
  const list = [attempt({ decision: 'retry', status: 500, body: '' })]
  tell(
    'plain',
    [
      { offset: 3, atMs: 3_000 },
      { offset: 4, atMs: 4_000, state: 'retrying', list },
      { offset: 5, atMs: 4_000, state: 'queued', list },
    ],
    { subscription: 'plain' },
  )
  tell('plain', [], { subscription: 'plain', ranges: [{ state: 'expired', from: 3, to: 6, atMs: 9_000 }] })
  const found = await Promise.all(['e3', 'e4', 'e5'].map(async (id) => (await states(id)).plain?.[0]))
  assert.deepEqual(found, ['delivered', 'retrying', 'expired'])
})

test('an event that is gone was left out by its type, if that is known to be so', async (t) => {
  const { console, states } = consoleOn(t, { low: 9 })
  const { choosy, asleep } = await states('e5')
  assert.deepEqual(choosy, ['filtered', 'type order.created is not in invoice.*'])
  const { state, because } = await findDelivery(console, 'choosy-0-5')
  assert.deepEqual([state, because], choosy)
  assert.match(String(asleep?.[1]), /and so has the event$/)
})

test('what was passed over says so, and what was deleted is told to the end', async (t) => {
  const { tell, states } = consoleOn(t)
  tell('plain', [], { subscription: 'plain', ranges: [{ state: 'expired', from: 3, to: 6, atMs: 9 }] })
  tell('gone', [{ offset: 4, atMs: 4_000 }], { subscription: 'former' })
  const found = await states('e4')
  assert.deepEqual(found.plain, ['expired', 'retention took the event before it was delivered'])
  assert.deepEqual(found.former, ['delivered', 'target answered 204'])
})

test('who is unknown is not found, and whether the index may be behind is said', async (t) => {
  const { console } = consoleOn(t)
  await assert.rejects(journeyOf(console, 'nobody', null), ({ code, detail, options }: TailraceError) => {
    assert.deepEqual([code, options.extra?.indexIsComplete], ['not-found', true])
    return /The index is complete/.test(detail)
  })
  await assert.rejects(journeyOf(console, 'e1', '/elsewhere'), { code: 'not-found' })
})

test('without an index a position is read from the log, and an id cannot be', async (t) => {
  const { console } = consoleOn(t, { lacks: 'index' })
  await assert.rejects(journeyOf(console, 'e5', null), { code: 'index-unavailable' })
})

test('lists events with the moment up to which the list is complete', async (t) => {
  const { console } = consoleOn(t)
  const first = await listIndexedEvents(console, { limit: 5, key: 'k' })
  const rest = await listIndexedEvents(console, { limit: 50, key: 'k', cursor: String(first.next) })
  assert.deepEqual([first.items.length, rest.items.length, rest.next], [5, count - 5, null])
  assert.match(String(first.indexCompleteTo), /^20/)
  await assert.rejects(listIndexedEvents(console, { limit: 5, cursor: 'nonsense' }), { code: 'request-malformed' })
})

test('browses a partition from either end, an offset or a time', async (t) => {
  const { console } = consoleOn(t)
  const ids = async (query: object) =>
    (await browseStream(console, 'orders', { partition: 0, limit: 3, from: 'latest', ...query })).items.map(
      ({ id }) => id,
    )
  assert.deepEqual(await ids({}), ['e9', 'e10', 'e11'])
  assert.deepEqual(await ids({ from: 'earliest' }), ['e0', 'e1', 'e2'])
  assert.deepEqual(await ids({ from: '6' }), ['e6', 'e7', 'e8'])
  assert.deepEqual(await ids({ from: '2026-11-21T09:00:00.000Z' }), ['e4', 'e5', 'e6'])
  await assert.rejects(ids({ partition: 3 }), { code: 'request-malformed' })
  await assert.rejects(ids({ from: 'soon' }), { code: 'request-malformed' })
})

test('shows a body to who may consume its stream, as a file that no page runs', async (t) => {
  const { console } = consoleOn(t, { low: 3 })
  const { body, headers } = await bodyOf(console, 'orders-0-5', { scopes: ['consume:orders'] })
  assert.deepEqual([String(body), headers?.['content-type']], ['{}', 'application/json'])
  assert.equal(headers?.['x-content-type-options'], 'nosniff')
  await assert.rejects(bodyOf(console, 'orders-0-5', { scopes: ['manage', 'consume:other'] }), {
    code: 'scope-missing',
  })
  await assert.rejects(bodyOf(console, 'orders-0-1', { scopes: ['consume:*'] }), { code: 'not-found' })
})

/** The consumer `c` as it reported at 20 s: it has nothing of the subscription in memory but what is under way. */
function reportOn(uid: string, underWay: readonly number[]) {
  const delivering = underWay.map((offset) => ({ offset, attempts: 0, firstAttemptAtMs: null }))
  const pair = {
    partition: 0,
    committed: 8,
    end: count,
    inFlight: delivering.length,
    queued: 0,
    blockedKeys: 0,
    delivering,
  }
  const about = { uid, name: uid, phase: 'active', reason: null, since: '', nextProbeAt: null, targets: [] }
  return { id: 'c', at: new Date(20_000).toISOString(), subscriptions: [{ ...about, pairs: [pair] }] }
}
