import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pageOf } from '../../../services/console/page.ts'

const item = fc.record({
  createdAt: fc.constantFrom('2026-11-21T09:00:00.000Z', '2026-11-21T09:00:00.001Z'),
  name: fc.uuid(),
})
const newestFirst = (a: { createdAt: string; name: string }, b: { createdAt: string; name: string }) =>
  a.createdAt !== b.createdAt ? (a.createdAt < b.createdAt ? 1 : -1) : a.name < b.name ? -1 : 1

test('walking the pages shows every item once and in order, whatever the page size', () => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 20 }), fc.integer({ min: 1, max: 7 }), (items, limit) => {
      const sorted = [...items].sort(newestFirst)
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = pageOf(sorted, { limit, cursor }, ({ name }) => name).map(({ name }) => name)
        seen.push(...page.items)
        cursor = page.next ?? undefined
      } while (cursor !== undefined)
      assert.deepEqual(
        seen,
        sorted.map(({ name }) => name),
      )
    }),
  )
})

test('an item deleted under the cursor does not break the walk', () => {
  const at = '2026-11-21T09:00:00.000Z'
  const items = ['a', 'b', 'c'].map((name) => ({ createdAt: at, name }))
  const first = pageOf(items, { limit: 2 }, ({ name }) => name).map(({ name }) => name)
  const left = items.filter(({ name }) => name !== 'b')
  const rest = pageOf(left, { limit: 2, cursor: first.next ?? '' }, ({ name }) => name).map(({ name }) => name)
  assert.deepEqual(rest.items, ['c'])
})
