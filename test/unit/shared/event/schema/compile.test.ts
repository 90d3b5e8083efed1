import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileSchema } from '#shared/event/schema/compile.ts'

function faultsOf(schema: unknown) {
  const compiled = compileSchema(schema)
  return compiled.kind === 'usable' ? [] : compiled.faults
}

const placesOf = (schema: unknown) => faultsOf(schema).map(({ pointer, code }) => [pointer, code])

test('a schema of draft 2020-12 with all that it may say is usable', () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://acme.example/order',
    $defs: { money: { $anchor: 'money', type: 'number', multipleOf: 0.01 } },
    type: 'object',
    properties: { total: { $ref: '#money' }, at: { format: 'date-time' }, kind: { enum: ['a', null] }, tags: true },
    patternProperties: { '^x-': { type: 'string', pattern: '^\\p{L}+$' } },
    if: { required: ['kind'] },
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
    then: { properties: { parts: { prefixItems: [{ const: null }], items: false, uniqueItems: true } } },
    unevaluatedProperties: { type: ['string', 'null'] },
    examples: [{ $ref: 'nowhere', $id: 7 }],
  }
  assert.deepEqual(faultsOf(schema), [])
})

test('what is no object is refused as a whole', () => {
  for (const schema of [true, [], 'x', 7]) assert.deepEqual(placesOf(schema), [['', 'not-an-object']])
})

test('every keyword that is wrong is named by its place', () => {
  const schema = {
    properties: { 'a/b': { typ: 'string' }, c: { pattern: '(?=x)', format: 'url' } },
    allOf: [{ $async: true }, { $dynamicRef: '#x' }],
    patternProperties: { '(': {} },
  }
  assert.deepEqual(placesOf(schema), [
    ['/patternProperties/(', 'pattern-unsupported'],
    ['/properties/a~1b/typ', 'unknown-keyword'],
    ['/properties/c/pattern', 'pattern-unsupported'],
    ['/properties/c/format', 'format-unknown'],
    ['/allOf/0/$async', 'unknown-keyword'],
    ['/allOf/1/$dynamicRef', 'unknown-keyword'],
  ])
  assert.equal(faultsOf({ requierd: [] })[0]?.fix, 'did you mean required?')
})

test('what the meta-schema refuses is named by its place', () => {
  assert.equal(placesOf({ properties: { a: { type: 'text' } } })[0]?.[0], '/properties/a/type')
  assert.deepEqual(placesOf({ properties: 5 }), [['/properties', 'wrong-type']])
  assert.deepEqual(placesOf({ maxLength: -1 }), [['/maxLength', 'out-of-range']])
})

test('a reference stays inside its schema and refers to something', () => {
  assert.deepEqual(placesOf({ items: { $ref: 'https://acme.example/order' } }), [['/items/$ref', 'remote-reference']])
  assert.deepEqual(placesOf({ items: { $ref: '#/$defs/none' } }), [['/items/$ref', 'reference-unknown']])
  assert.deepEqual(placesOf({ $defs: { a: { $id: 'b' } } }), [['/$defs/a/$id', 'not-supported']])
  assert.deepEqual(placesOf({ $schema: 'http://json-schema.org/draft-07/schema#' }), [['/$schema', 'not-supported']])
})

test('an id takes nothing from another schema with the same id', () => {
  const $id = 'https://acme.example/order'
  assert.deepEqual(faultsOf({ $id, type: 'string' }), [])
  assert.deepEqual(faultsOf({ $id, type: 'number' }), [])
  assert.deepEqual(faultsOf({ $id: 'https://json-schema.org/draft/2020-12/schema' }), [])
})

test('size, depth and number of subschemas are bounded', () => {
  assert.deepEqual(placesOf({ description: 'x'.repeat(65_536) }), [['', 'too-large']])
  const nested = (depth: number): object => (depth === 0 ? {} : { items: nested(depth - 1) })
  assert.deepEqual(placesOf(nested(32)), [])
  assert.deepEqual(placesOf(nested(33)), [['/items'.repeat(33), 'too-deep']])
  const wide = (count: number) => ({ properties: Object.fromEntries(Array.from({ length: count }, (_, i) => [i, {}])) })
  assert.deepEqual(placesOf(wide(499)), [])
  assert.deepEqual(placesOf(wide(500)), [['', 'too-many']])
})

test('a schema that never comes to an end is refused', () => {
  assert.deepEqual(placesOf({ $ref: '#' }), [['', 'endless']])
  assert.deepEqual(placesOf({ anyOf: [{ type: 'string' }, { $ref: '#/anyOf/1' }] }), [['', 'endless']])
  assert.deepEqual(placesOf({ items: { $ref: '#' } }), [])
})

test('a reference into what is no schema brings in nothing that is refused elsewhere', () => {
  for (const hidden of [
    { $dynamicRef: '#' },
    { $async: true },
    { pattern: '(?=a)' },
    { format: 'url' },
    { typ: 'x' },
  ]) {
    assert.deepEqual(placesOf({ $ref: '#/examples/0', examples: [hidden] }), [['', 'not-compilable']])
  }
})

test('what ajv would ignore is refused', () => {
  assert.deepEqual(placesOf({ if: { type: 'string' } }), [['', 'not-compilable']])
})

test('text of a schema never becomes code', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it shall not become one
  const text = '`${globalThis.wasRun = 1}`"\');globalThis.wasRun = 1;//\u2028\n'
  const compiled = compileSchema({
    properties: { [text]: { const: text, description: text, enum: [text, { [text]: text }] } },
    $defs: { [text]: { required: [text], dependentRequired: { [text]: [text] } } },
    $comment: text,
  })
  assert.equal(compiled.kind, 'usable')
  const value = Buffer.from(JSON.stringify({ [text]: 1 }))
  const record = { key: null, value, headers: { 'content-type': 'application/json' } }
  assert.equal(compiled.kind === 'usable' && compiled.check(record).length > 0, true)
  assert.equal(Reflect.get(globalThis, 'wasRun'), undefined)
})
