import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Catalog } from '#shared/catalog/catalog.ts'
import { TailraceError } from '#shared/errors.ts'
import { listUnderWay } from '../../../../services/console/deliveries/under-way.ts'

const at = (uid: string, partition: number, offset: number, attempts = 0) => ({
  ...{ uid, partition, offset, attempts, firstAttemptAtMs: attempts === 0 ? null : 1_000, reportedAtMs: 5_000 },
})
const underWay = [at('b', 0, 3), at('a', 1, 4), at('a', 0, 7, 2), at('a', 0, 9), at('gone', 0, 1)]
const subscriptionByUid = (uid: string) => (uid === 'gone' ? undefined : { uid, name: `s-${uid}`, stream: 'orders' })
const catalog = { subscriptionByUid } as unknown as Catalog

function page({
  uid = null,
  cursor = null,
  limit = 50,
}: {
  uid?: string | null
  cursor?: string | null
  limit?: number
}) {
  const { items, next } = listUnderWay({ underWay, catalog, uid, cursor, limit })
  return { ids: items.map(({ id }) => id), items, next }
}

test('what is under way is listed by subscription and partition, with the attempts before', () => {
  const { ids, items, next } = page({})
  assert.deepEqual([ids, next], [['s-a-0-9', 's-a-0-7', 's-a-1-4', 's-b-0-3'], null])
  assert.deepEqual(
    items
      .slice(0, 2)
      .map(({ state, attempts, firstAttemptAt, position }) => [state, attempts, firstAttemptAt, position]),
    [
      ['delivering', 0, null, 'orders-0-9'],
      ['delivering', 2, '1970-01-01T00:00:01.000Z', 'orders-0-7'],
    ],
  )
  assert.deepEqual(page({ uid: 'b' }).ids, ['s-b-0-3'])
})

test('pages follow each other, and a cursor of another list is refused', () => {
  const first = page({ limit: 2 })
  assert.deepEqual(first.ids, ['s-a-0-9', 's-a-0-7'])
  assert.deepEqual(page({ limit: 2, cursor: first.next }).ids, ['s-a-1-4', 's-b-0-3'])
  for (const text of ['', 'x', '1 2 3 4', 'a 1', 'a 1 b']) {
    assert.throws(
      () => page({ cursor: Buffer.from(text).toString('base64url') }),
      (error) => error instanceof TailraceError && error.code === 'request-malformed',
      text,
    )
  }
})
