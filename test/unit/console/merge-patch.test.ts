import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergePatch } from '../../../services/console/merge-patch.ts'

/** RFC 7396, appendix A. */
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
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
]

test('the examples of RFC 7396 come out as it says', () => {
  for (const [target, patch, result] of examples) assert.deepEqual(mergePatch(target, patch), result)
})

test('a patch cannot reach a prototype', () => {
  const result = mergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}'))
  assert.equal(Reflect.get({}, 'polluted'), undefined)
  assert.deepEqual(Object.keys(result as object), ['__proto__'])
})

test('what does not change stays as it is, so that the web part does not draw it again', () => {
  const before = { kafka: { brokers: [1] }, redis: { up: true } }
  const after = mergePatch(before, { redis: { up: false } })
  assert.equal(after.kafka, before.kafka)
  assert.equal(before.redis.up, true)
})
