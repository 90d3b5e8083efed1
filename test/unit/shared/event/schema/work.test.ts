import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { longestFormatted } from '#shared/event/schema/formats.ts'
import type { JsonSchema } from '#shared/event/schema/keywords.ts'
import { compilePattern, patternFault } from '#shared/event/schema/pattern.ts'
import { compileValidator } from '#shared/event/schema/validator.ts'

/** Most members and elements that an event may have. */
const most = 10_000

const judge = (schema: JsonSchema, value: unknown) => compileValidator(schema, 'first')(value).kind

function countedWork() {
  let spent = 0
  return {
    ...{ begin() {}, isSpent: () => false, spent: () => spent },
    spend(units: number) {
      spent += units
    },
  }
}

test('the work of a pattern is counted before it is done, and grows with the length of the text only', () => {
  const work = countedWork()
  const pattern = compilePattern('^(a+)+$', work)
  assert.equal(pattern.test(`${'a'.repeat(999)}!`), false)
  const once = work.spent()
  pattern.test('a'.repeat(1_000))
  assert.equal(work.spent(), 2 * once)
  assert.ok(once < 20_000)
})

test('a pattern on which a backtracking engine would never end is judged', () => {
  assert.equal(judge({ pattern: '^(a+)+$' }, `${'a'.repeat(50_000)}!`), 'invalid')
  assert.equal(judge({ pattern: '^(([a-z])+.)+[A-Z]([a-z])+$' }, 'a'.repeat(50_000)), 'invalid')
  assert.equal(judge({ patternProperties: { '(x+x+)+y': false } }, { ['x'.repeat(5_000)]: 1 }), 'valid')
})

test('a text that is too long for the size of a pattern ends the check', () => {
  assert.equal(judge({ pattern: '^[ab]*a[ab]{300}c' }, 'ab'.repeat(200_000)), 'too-costly')
  assert.equal(judge({ items: { pattern: '^[ab]*(?:a[ab]{300})?$' } }, Array(most).fill('ab')), 'too-costly')
})

test('a check that was ended leaves the next one its full allowance', () => {
  const validate = compileValidator({ pattern: '^[ab]*a[ab]{300}c' }, 'first')
  assert.equal(validate('ab'.repeat(200_000)).kind, 'too-costly')
  assert.equal(validate('ab').kind, 'invalid')
})

test('a pattern that would be read as something else, or is too large, is refused', () => {
  assert.equal(patternFault('^\\p{L}[\\w-]{1,64}(?:\\.|\\/)\\u00e4$'), undefined)
  for (const pattern of [
    '(?=a)',
    '(?<!a)b',
    '(a)\\1',
    '(?<n>a)\\k<n>',
    '[[:alpha:][0-9]',
    'a{1001}',
    '\\p{Letter}',
    '(',
  ]) {
    assert.notEqual(patternFault(pattern), undefined, pattern)
  }
  assert.match(patternFault('(?:ab){600}') ?? '', /at most 1000/)
})

test('uniqueItems reads each item a constant number of times', () => {
  let reads = 0
  const counted = new Proxy(
    Array.from({ length: most }, (_, id) => ({ id })),
    {
      get(target, name, receiver) {
        reads += 1
        return Reflect.get(target, name, receiver)
      },
    },
  )
  assert.equal(judge({ uniqueItems: true }, counted), 'valid')
  assert.ok(reads < 5 * most, `${reads} reads`)
})

test('uniqueItems knows equal values whatever the order of their members', () => {
  const schema = { uniqueItems: true }
  assert.equal(
    judge(schema, [
      { a: 1, b: [2] },
      { b: [2], a: 1 },
    ]),
    'invalid',
  )
  assert.equal(judge(schema, [1, 1.0]), 'invalid')
  assert.equal(judge(schema, [1, '1', [1], ['1'], { 1: 1 }, true, null, 'null']), 'valid')
  assert.equal(judge({ uniqueItems: false }, [1, 1]), 'valid')
})

test('uniqueItems judges as the comparison of all pairs does', () => {
  const validate = compileValidator({ uniqueItems: true }, 'first')
  const areDifferent = (items: readonly unknown[]) =>
    items.every((item, at) => items.slice(at + 1).every((other) => !isDeepStrictEqual(item, other)))
  const few = fc.oneof(fc.constantFrom(0, -0, '', '0', null, true), fc.jsonValue({ maxDepth: 2 }))
  fc.assert(
    fc.property(fc.array(few), fc.boolean(), (values, isDoubled) => {
      const items = JSON.parse(JSON.stringify(isDoubled ? [...values, ...values.slice(0, 1)] : values))
      assert.equal(validate(items).kind === 'valid', areDifferent(items))
    }),
  )
})

test('const and enum compare whole values, whatever their members are called', () => {
  const hostile = ['toString', 'valueOf', 'constructor', 'hasOwnProperty'].map((name) => ({ [name]: 1 }))
  for (const value of hostile) {
    assert.equal(judge({ const: value }, structuredClone(value)), 'valid')
    assert.equal(judge({ const: {} }, value), 'invalid')
    assert.equal(judge({ enum: [{}, [], 1] }, value), 'invalid')
    assert.equal(judge({ enum: [1, [value]] }, [structuredClone(value)]), 'valid')
  }
  assert.equal(judge({ const: { a: 1, b: [null] } }, { b: [null], a: 1 }), 'valid')
  assert.equal(judge({ enum: [0, '1', null] }, -0), 'valid')
  assert.equal(judge({ enum: [0, '1', null] }, 1), 'invalid')
  assert.equal(judge({ const: null }, null), 'valid')
})

test('references that double the work with each level end the check', () => {
  const again = { properties: { next: { $ref: '#' } } }
  let value: object = { next: 7 }
  for (let depth = 0; depth < 60; depth += 1) value = { next: value }
  assert.equal(judge({ type: 'object', anyOf: [again, again] }, value), 'too-costly')
})

test('alternatives for each of many items end the check before their errors fill the memory', () => {
  const anyOf = Array.from({ length: 400 }, () => ({ type: 'null' }))
  assert.equal(judge({ contains: { anyOf } }, Array(most).fill(1)), 'too-costly')
  assert.equal(judge({ contains: { oneOf: anyOf } }, Array(most).fill(1)), 'too-costly')
  assert.equal(judge({ contains: { $ref: '#/$defs/a' }, $defs: { a: { anyOf } } }, Array(most).fill(1)), 'too-costly')
})

test('an ordinary schema takes the largest events', () => {
  const schema = {
    items: { $ref: '#/$defs/line' },
    uniqueItems: true,
    $defs: {
      line: {
        type: 'object',
        properties: { sku: { pattern: '^[a-z0-9-]+$' }, n: { anyOf: [{ type: 'integer' }, { type: 'null' }] } },
      },
    },
  }
  const lines = Array.from({ length: most / 4 }, (_, n) => ({ sku: `part-${n}`, n, at: null }))
  assert.equal(judge(schema, lines), 'valid')
  assert.equal(judge({ pattern: '^[A-Za-z0-9+/]*$' }, 'QUJD'.repeat(30_000)), 'valid')
})

test('a text longer than any of its format is of no format', () => {
  assert.equal(judge({ format: 'uri-reference' }, 'a'.repeat(longestFormatted)), 'valid')
  assert.equal(judge({ format: 'uri-reference' }, 'a'.repeat(longestFormatted + 1)), 'invalid')
  const samples: [string, string, string][] = [
    ['date', '2026-11-21', '2026-13-21'],
    ['date-time', '2026-11-21T10:00:00Z', '2026-11-21'],
    ['uuid', '0198f0c2-7d1a-7b64-9f3e-5b1f0c9d2e77', 'x'],
    ['email', 'a@b.example', 'a@'],
    ['json-pointer', '/a~1b', 'a'],
  ]
  for (const [format, good, bad] of samples) {
    assert.deepEqual([judge({ format }, good), judge({ format }, bad)], ['valid', 'invalid'], format)
  }
})
