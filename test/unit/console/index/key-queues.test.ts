import assert from 'node:assert/strict'
import { test } from 'node:test'
import { indexOf } from './synthetic.ts'

const uid = 'a'
const failed = (offset: number, key: string | null, more: object = {}) =>
  ({ offset, key, atMs: 1_000 + offset, state: 'retrying', list: [], ...more }) as const
const behind = (offset: number, key: string, head: number) =>
  failed(offset, key, { state: 'waiting', behind: head, attempts: 0, firstAttemptAtMs: null })

test('tells the keys with the most that waits, each with its head', (t) => {
  const { tell, ask } = indexOf(t)
  tell(uid, [
    failed(1, 'x', { firstAttemptAtMs: 900 }),
    ...[failed(2, 'y', { firstAttemptAtMs: 950 }), behind(4, 'y', 2), behind(6, 'y', 2)],
    ...[failed(3, null), failed(5, null), failed(7, null), failed(9, null)],
    { offset: 8, key: 'y', atMs: 2_000 },
  ])
  tell('b', [failed(1, 'z'), behind(2, 'z', 1)])
  const longest = [{ key: 'y', partition: 0, waiting: 3, head: 2, sinceMs: 950 }]
  assert.deepEqual(ask('longestQueues', { uid, limit: 1 }), longest)
  const all = ask('longestQueues', { uid, limit: 8 })
  assert.deepEqual(all, [...longest, { key: 'x', partition: 0, waiting: 1, head: 1, sinceMs: 900 }])
  assert.deepEqual(ask('longestQueues', { uid: 'nobody', limit: 8 }), [])
})
