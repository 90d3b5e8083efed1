import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRetention } from '../../../../services/console/index/retention.ts'
import { indexOf } from './synthetic.ts'

const any = { id: null, source: null, key: null, type: null, stream: null, sinceMs: null, untilMs: null }

test('rows go when they are too old, but not deliveries that are not over', (t) => {
  const { publish, tell, ask, opened } = indexOf(t)
  publish(Array.from({ length: 10 }, () => ({})))
  tell('a', [
    { offset: 1, atMs: 1_000 },
    { offset: 2, atMs: 2_000, state: 'retrying', nextAttemptAtMs: 99, list: [] },
    { offset: 8, atMs: 8_000 },
  ])
  const retention = createRetention(opened.db, { retentionMs: 5_000, mostBytes: 1e9 })
  while (retention.step(10_000));
  const events = ask('listEvents', { filter: any, after: null, limit: 50 }).map(({ offset }) => offset)
  assert.deepEqual(events, [9, 8, 7, 6, 5])
  const state = (offset: number) => ask('wholeDelivery', { subscription: 's-a', partition: 0, offset })?.row?.state
  assert.deepEqual([state(1), state(2), state(8)], [undefined, 'retrying', 'delivered'])
})

test('of what is too much the oldest goes, and does not come back', (t) => {
  const { publish, ask, opened } = indexOf(t)
  publish(Array.from({ length: 4_000 }, (_, n) => ({ key: `${n}-${'x'.repeat(200)}` })))
  const mostBytes = 1_500_000
  const nowMs = 4_000_000
  const retention = createRetention(opened.db, { retentionMs: 1e12, mostBytes })
  while (retention.step(nowMs));
  const left = ask('listEvents', { filter: any, after: null, limit: 5_000 })
  assert.ok(left.length > 500 && left.length < 3_500, `${left.length} are left`)
  assert.equal(left[0]?.offset, 3_999)
  assert.equal(left.at(-1)?.offset, 4_000 - left.length)
  assert.ok(retention.oldestMs(nowMs) <= (left.at(-1)?.storedMs ?? 0))
  assert.equal(createRetention(opened.db, { retentionMs: 1e12, mostBytes }).oldestMs(nowMs), retention.oldestMs(nowMs))
})
