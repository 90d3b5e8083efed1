import assert from 'node:assert/strict'
import { test } from 'node:test'
import { indexOf } from './synthetic.ts'

const uid = 'a'

test('what waits, waits for what is under way of its key, or else for the first that has failed', (t) => {
  const { publish, tell, ask } = indexOf(t)
  publish(['x', 'y', 'x', 'y', 'x', null].map((key) => ({ key })))
  const blocker = (offset: number, key: string | null, more: object = {}) =>
    ask('blockerOf', {
      ...{ uid, stream: 'orders', partition: 0, offset, key, heedsFailed: true },
      underWay: [0, 5].map((one) => ({ offset: one, reportedAtMs: 5_000 })),
      ...more,
    })
  assert.deepEqual([blocker(4, 'x'), blocker(3, 'y'), blocker(0, 'x'), blocker(3, null)], [0, null, null, 0])
  tell(uid, [
    { offset: 1, key: 'y', atMs: 1_000, state: 'retrying', list: [] },
    { offset: 2, key: 'x', atMs: 1_000, state: 'waiting', behind: 0, list: [] },
  ])
  assert.deepEqual([blocker(3, 'y'), blocker(3, 'y', { heedsFailed: false })], [1, null])
  assert.equal(blocker(4, 'x'), 0, 'what is attempted is the head')
  tell(uid, [{ offset: 0, key: 'x', atMs: 6_000 }])
  assert.equal(blocker(4, 'x'), 2, 'it is over since that report')
})
