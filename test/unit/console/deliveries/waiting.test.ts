import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCursor } from '../../../../services/console/deliveries/cursor.ts'
import { listWaiting } from '../../../../services/console/deliveries/waiting.ts'
import { type Filter, streamInMemory } from './stream-in-memory.ts'

/** The subscription is held; event 16 is under way all the same, as a probe is. */
const names = {
  underWay: () => [],
  instances: [],
  of: () => 'held',
  waiting: (_pair: object, offset: number) => (offset === 16 ? 'delivering' : 'held'),
  goesOn: () => true,
  phase: () => 'held',
}

function worldOf() {
  const { log, question } = streamInMemory()
  const page = (asked: Partial<Filter> = {}, limit = 50, cursor: string | null = null) =>
    listWaiting(question({ state: 'held', ...asked }, limit, cursor === null ? null : readCursor(cursor).after), names)
  const offsets = async (asked: Partial<Filter> = {}) =>
    (await page(asked)).items.map(({ id }) => Number(id.split('-').at(-1)))
  return { log, page, offsets }
}

test('what a subscription has not come to is listed under the name of its phase, newest first', async () => {
  const { page, offsets } = worldOf()
  assert.deepEqual(await offsets(), [19, 18, 15])
  const [newest] = (await page()).items
  assert.deepEqual([newest?.id, newest?.state, newest?.attempts], ['billing-0-19', 'held', 0])
  assert.deepEqual(await offsets({ state: 'queued' }), [])
  assert.deepEqual(await offsets({ key: 'k1' }), [19, 15])
  assert.deepEqual(await offsets({ type: 'order.made' }), [18, 15])
  assert.deepEqual(await offsets({ sinceMs: 17_000, untilMs: 19_000 }), [18])
  assert.deepEqual(await offsets({ target: 'https://billing.example' }), [])
  const first = await page({}, 2)
  assert.deepEqual(
    [first.items, (await page({}, 2, first.next)).items].map((items) => items.map(({ id }) => id)),
    [['billing-0-19', 'billing-0-18'], ['billing-0-15']],
  )
})

test('one that was tried before its turn is told by the log, one that a former position skipped is not', async () => {
  const { log, offsets } = worldOf()
  log.write('a', 20_000, [{ offset: 18 }], { ranges: [{ from: 15, to: 20, state: 'skipped' }] })
  assert.deepEqual(await offsets(), [19, 15])
})
