import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createMaxTree } from '../../chaos/check/max-tree.ts'

describe('the tree of maxima', () => {
  it('finds what a look at every number would find', () => {
    const row = fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(Infinity)))
    const bounds = fc.tuple(fc.nat(30), fc.nat(30))
    fc.assert(
      fc.property(row, fc.nat(20), bounds, (numbers, limit, [from, to]) => {
        const plain = numbers.flatMap((number, place) => (place >= from && place < to && number > limit ? [place] : []))
        assert.deepEqual(createMaxTree(numbers).above(limit, from, to), plain)
      }),
    )
  })
})
