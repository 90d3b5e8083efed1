import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { TailraceError } from '#shared/errors.ts'
import { readCursor } from '../../../../services/console/deliveries/cursor.ts'
import { type DeliveryFilter, listDeliveries } from '../../../../services/console/deliveries/list.ts'
import { attempt, logInMemory } from './log-in-memory.ts'

const all: DeliveryFilter = {
  ...{
    uid: null,
    name: null,
    state: undefined,
    key: undefined,
    type: undefined,
    target: undefined,
    sinceMs: null,
    untilMs: null,
  },
}
const names = {
  underWay: () => [],
  instances: [],
  of: (_pair: object, { state }: { state: string }) => state,
  waiting: () => 'queued',
  goesOn: () => true,
  phase: () => 'held',
}

type Log = ReturnType<typeof logInMemory>

function pageOf(log: Log, filter: Partial<DeliveryFilter> = {}, { limit = 50, cursor = '' } = {}) {
  const after = cursor === '' ? null : readCursor(cursor).after
  return listDeliveries({ admin: log.admin, topic: 'attempts', filter: { ...all, ...filter }, after, limit, names })
}

async function idsOf(log: Log, filter: Partial<DeliveryFilter> = {}, limit = 50): Promise<string[]> {
  const ids: string[] = []
  let cursor = ''
  for (;;) {
    const { items, next } = await pageOf(log, filter, { limit, cursor })
    ids.push(...items.map(({ id }) => id))
    if (next === null) return ids
    cursor = next
  }
}

test('newest first, over all subscriptions and their records', async () => {
  const log = logInMemory()
  log.write('a', 1_000, [
    { offset: 0, atMs: 900 },
    { offset: 1, atMs: 950 },
  ])
  log.write('b', 2_000, [{ offset: 0 }])
  log.write('a', 3_000, [{ offset: 2 }])
  assert.deepEqual(await idsOf(log), ['s-a-0-2', 's-b-0-0', 's-a-0-1', 's-a-0-0'])
  assert.deepEqual(await idsOf(log, { uid: 'b' }), ['s-b-0-0'])
})

test('a delivery is listed once, as its newest entry says, also on a later page', async () => {
  const log = logInMemory()
  log.write('a', 1_000, [{ offset: 0, state: 'retrying', nextAttemptAtMs: 5_000 }])
  for (let offset = 1; offset <= 20; offset += 1) log.write('a', 1_000 + offset, [{ offset }])
  log.write('a', 5_000, [{ offset: 0, attempts: 2, list: [attempt({ number: 2 })] }])
  for (const limit of [1, 3, 50]) {
    const ids = await idsOf(log, { uid: 'a' }, limit)
    assert.equal(ids.length, 21)
    assert.equal(new Set(ids).size, 21)
    assert.deepEqual(await idsOf(log, { state: 'retrying' }, limit), [])
  }
  const [newest] = (await pageOf(log, { uid: 'a' })).items
  assert.deepEqual([newest?.id, newest?.state, newest?.attempts], ['s-a-0-0', 'delivered', 2])
  assert.equal(newest?.settledAt, '1970-01-01T00:00:05.000Z')
})

test('filters by state, key, type, target and time', async () => {
  const log = logInMemory()
  const failed = { state: 'retrying', because: 'target answered 500' } as const
  log.write('a', 1_000, [
    { offset: 0, ...failed, key: 'x', list: [attempt({ url: 'http://two/', decision: 'retry' })] },
  ])
  log.write('a', 2_000, [{ offset: 1, type: 'order.paid' }])
  log.write('a', 3_000, [{ offset: 2, key: null }])
  const id = (offset: number) => `s-a-0-${offset}`
  assert.deepEqual(await idsOf(log, { state: 'retrying' }), [id(0)])
  assert.deepEqual(await idsOf(log, { key: 'x' }), [id(0)])
  assert.deepEqual(await idsOf(log, { type: 'order.paid' }), [id(1)])
  assert.deepEqual(await idsOf(log, { target: 'http://two/' }), [id(0)])
  assert.deepEqual(await idsOf(log, { sinceMs: 2_000 }), [id(2), id(1)])
  assert.deepEqual(await idsOf(log, { untilMs: 2_000 }), [id(0)])
  assert.deepEqual(await idsOf(log, { sinceMs: 1_500, untilMs: 2_500 }), [id(1)])
  log.write('a', 500_000, [{ offset: 0, attempts: 2, list: [attempt({ number: 2 })] }])
  assert.deepEqual(await idsOf(log, { untilMs: 2_500 }), [id(1)], 'the first one happened later, as far as is known')
})

test('events that expired are listed one by one', async () => {
  const log = logInMemory()
  log.write('a', 1_000, [{ offset: 9 }], { ranges: [{ from: 3, to: 6 }] })
  assert.deepEqual(await idsOf(log, { state: 'expired' }, 2), ['s-a-0-5', 's-a-0-4', 's-a-0-3'])
  assert.deepEqual(await idsOf(log, { key: 'k' }), ['s-a-0-9'])
  log.write('b', 2_000, [], { ranges: [{ from: 0, to: 1_000_000_000 }] })
  const { items, next } = await pageOf(log, { uid: 'b' }, { limit: 1 })
  const later = await pageOf(log, { uid: 'b' }, { limit: 1, cursor: next ?? '' })
  assert.deepEqual([items[0]?.id, later.items[0]?.id], ['s-b-0-999999999', 's-b-0-999999998'])
})

test('pages together hold what one page would, whatever their size, and new entries do not disturb them', async () => {
  const told = fc.array(
    fc.record({ uid: fc.constantFrom('a', 'b', 'c'), offset: fc.nat(12), gapMs: fc.nat(3), isLast: fc.boolean() }),
    { maxLength: 30 },
  )
  await fc.assert(
    fc.asyncProperty(told, fc.integer({ min: 1, max: 5 }), async (entries, limit) => {
      const log = logInMemory()
      let atMs = 1_000
      for (const { uid, offset, gapMs, isLast } of entries) {
        atMs += gapMs
        log.write(uid, atMs, [{ offset, state: isLast ? 'delivered' : 'retrying' }])
      }
      const whole = await idsOf(log)
      assert.deepEqual(await idsOf(log, {}, limit), whole)
      assert.equal(new Set(whole).size, whole.length)
      const { items, next } = await pageOf(log, {}, { limit })
      log.write('d', atMs + 1, [{ offset: 0 }])
      const rest = next === null ? [] : (await pageOf(log, {}, { limit: 500, cursor: next })).items
      assert.deepEqual(
        [...items, ...rest].map(({ id }) => id),
        whole,
      )
    }),
    { numRuns: 100 },
  )
})

test('a cursor of somebody else is refused', () => {
  for (const cursor of [
    'x',
    '',
    Buffer.from('1 2 3').toString('base64url'),
    Buffer.from('1 2 3 a').toString('base64url'),
  ]) {
    assert.throws(
      () => readCursor(cursor),
      (error) => error instanceof TailraceError && error.code === 'request-malformed',
    )
  }
})

test('a page that meets nothing but comparisons goes on behind them', async () => {
  const log = logInMemory()
  log.write('a', 500, [{ offset: 1 }])
  for (let at = 0; at < 20; at += 1) {
    const url = randomBytes(1024 * 1024).toString('base64')
    log.write('a', 1_000 + at, [], {
      comparisons: [{ offset: 0, number: 1, url, comparison: { kind: 'match' } }],
    })
  }
  const { items, next } = await pageOf(log)
  assert.deepEqual(items, [])
  assert.notEqual(next, null, 'there was more than one question may read')
  assert.deepEqual(await idsOf(log), ['s-a-0-1'])
})

test('what an operator passed over is listed as skipped, once, and by its newest word', async () => {
  const log = logInMemory()
  log.write('a', 1_000, [{ offset: 1 }, { offset: 2, state: 'retrying', nextAttemptAtMs: 9_000 }])
  log.write('a', 2_000, [], { ranges: [{ from: 2, to: 6, state: 'skipped' }] })
  log.write('a', 3_000, [{ offset: 4 }])
  log.write('a', 3_500, [], { ranges: [{ from: 3, to: 4 }] })
  for (const limit of [1, 2, 50]) {
    assert.deepEqual(await idsOf(log, { state: 'skipped' }, limit), ['s-a-0-5', 's-a-0-2'])
    assert.deepEqual(await idsOf(log, { state: 'expired' }, limit), ['s-a-0-3'])
    assert.deepEqual(await idsOf(log, {}, limit), ['s-a-0-3', 's-a-0-4', 's-a-0-5', 's-a-0-2', 's-a-0-1'])
    assert.deepEqual(await idsOf(log, { state: 'retrying' }, limit), [])
  }
  const [skipped] = (await pageOf(log, { state: 'skipped' })).items
  assert.deepEqual(
    [skipped?.because, skipped?.settledAt],
    ['an operator moved the subscription over it', '1970-01-01T00:00:02.000Z'],
  )
})
