import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mergePatch } from '../../../../services/console/web/live/merge-patch.ts'

describe('merge patches of the live state', () => {
  it('does what the examples of RFC 7396 say', () => {
    const examples: [unknown, unknown, unknown][] = [
      [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
      [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
      [{ a: 'b' }, { a: null }, {}],
      [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
      [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
      [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
      [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
      [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
      [
        ['a', 'b'],
        ['c', 'd'],
        ['c', 'd'],
      ],
      [{ a: 'b' }, ['c'], ['c']],
      [{ a: 'foo' }, null, null],
      [{ e: null }, { a: 1 }, { e: null, a: 1 }],
      [[1, 2], { a: 'b', c: null }, { a: 'b' }],
      [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    ]
    for (const [target, patch, result] of examples) assert.deepEqual(mergePatch(target, patch), result)
  })

  it('leaves what does not change as it is, so that it is not drawn again', () => {
    const before = { kafka: { brokers: [1] }, redis: { up: true } }
    const after = mergePatch(before, { redis: { up: false } })
    assert.equal(after.kafka, before.kafka)
    assert.equal(before.redis.up, true)
  })
})
