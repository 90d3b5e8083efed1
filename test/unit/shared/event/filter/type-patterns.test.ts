import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileTypePatterns, typePatternFault } from '#shared/event/filter/type-patterns.ts'

const table: [string, string, boolean][] = [
  ['order.created', 'order.created', true],
  ['order.created', 'Order.created', false],
  ['order.*', 'order.created', true],
  ['order.*', 'order', false],
  ['order.*', 'order.item.added', false],
  ['order.*', 'orders.created', false],
  ['order.**', 'order.created', true],
  ['order.**', 'order.item.added', true],
  ['order.**', 'order', false],
  ['*.created', 'order.created', true],
  ['*.created', 'order.item.created', false],
  ['com.*.order.**', 'com.acme.order.item.added', true],
  ['com.*.order.**', 'com.acme.order', false],
  ['*', 'order', true],
  ['*', 'order.created', false],
  ['**', 'order.item.added', true],
  ['order.$^(', 'order.$^(', true],
]

test('a pattern includes what its segments say', () => {
  for (const [pattern, type, expected] of table) {
    assert.equal(compileTypePatterns([pattern]).includes(type), expected, `${pattern} ${type}`)
  }
})

test('one of several patterns is enough', () => {
  const patterns = compileTypePatterns(['invoice.*', 'order.created'])
  assert.deepEqual(
    ['invoice.paid', 'order.created', 'order.paid'].map((type) => patterns.includes(type)),
    [true, true, false],
  )
})

test('what is no pattern is refused with a fix', () => {
  for (const pattern of ['', '.', 'order.', '.created', 'a..b', 'ord*', 'a.*b', '***', '**.created', 'a.**.b']) {
    assert.notEqual(typePatternFault(pattern)?.fix, undefined, pattern)
  }
  for (const [pattern] of table) assert.equal(typePatternFault(pattern), undefined, pattern)
})

const anyPattern = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 4 }), fc.boolean())
  .filter(([segments, isOpen]) => isOpen || segments.length > 0)
  .map(([segments, isOpen]) => [...segments, ...(isOpen ? ['**'] : [])].join('.'))
const anyType = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 6 }).map((parts) => parts.join('.'))

test('any set of patterns agrees with the regular expressions they stand for, asked twice', () => {
  const expression = (pattern: string) =>
    new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/\*\*?/g, (star) => (star === '*' ? '[^.]+' : '.+'))}$`)
  fc.assert(
    fc.property(fc.array(anyPattern, { maxLength: 5 }), fc.array(anyType, { maxLength: 8 }), (patterns, types) => {
      const compiled = compileTypePatterns(patterns)
      for (const type of [...types, ...types]) {
        const expected = patterns.some((pattern) => expression(pattern).test(type))
        assert.equal(compiled.includes(type), expected, `${patterns} ${type}`)
      }
    }),
  )
})

test('a stream with more types than are remembered is judged rightly', () => {
  const patterns = compileTypePatterns(['a.*'])
  for (let round = 0; round < 2; round += 1) {
    for (let number = 0; number < 1_500; number += 1) {
      assert.equal(patterns.includes(`${number % 2 === 0 ? 'a' : 'b'}.${number}`), number % 2 === 0)
    }
  }
})
