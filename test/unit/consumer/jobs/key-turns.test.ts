import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createKeyTurns } from '../../../../services/consumer/jobs/key-turns.ts'

type Item = { order: string | null; number: number }

test('of one order one item is out at a time, in the order in which they came; those of none all at once', () => {
  const turns = createKeyTurns<Item>()
  const [a1, a2, b1, n1, n2] = (['a', 'a', 'b', null, null] as const).map((order, number) => ({ order, number }))
  for (const item of [a1, a2, b1, n1, n2]) if (item !== undefined) turns.add(item)
  assert.deepEqual([turns.take(), turns.take(), turns.take(), turns.take()], [a1, b1, n1, n2])
  assert.equal(turns.take(), undefined)
  assert.equal(turns.waiting(), 1)
  if (a1 !== undefined) turns.giveBack(a1)
  assert.deepEqual([turns.take(), turns.take()], [a1, undefined], 'what was given back is still the first of its order')
  if (a1 !== undefined) turns.over(a1)
  assert.deepEqual([turns.take(), turns.hasFree(), turns.waiting()], [a2, false, 0])
})

test('whatever ends or is given back in whatever turn, everything ends once and each order in its order', () => {
  const orders = fc.array(fc.constantFrom('a', 'b', null), { maxLength: 40 })
  fc.assert(
    fc.property(orders, fc.infiniteStream(fc.tuple(fc.nat(), fc.boolean())), (keys, choices) => {
      const turns = createKeyTurns<Item>()
      const ended: Item[] = []
      const out: Item[] = []
      keys.forEach((order, number) => {
        turns.add({ order, number })
      })
      for (const [pick, isOver] of choices) {
        for (let item = turns.take(); item !== undefined; item = turns.take()) out.push(item)
        assert.equal(
          new Set(out.filter(({ order }) => order !== null).map(({ order }) => order)).size,
          out.filter(({ order }) => order !== null).length,
        )
        const [item] = out.splice(pick % Math.max(1, out.length), 1)
        if (item === undefined) break
        if (isOver) ended.push(item)
        if (isOver) turns.over(item)
        else turns.giveBack(item)
      }
      assert.equal(ended.length, keys.length)
      for (const key of ['a', 'b']) {
        const numbers = ended.filter(({ order }) => order === key).map(({ number }) => number)
        assert.deepEqual(
          numbers,
          numbers.toSorted((x, y) => x - y),
        )
      }
    }),
  )
})
