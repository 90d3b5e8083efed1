import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileSchema } from '#shared/event/schema/compile.ts'

function checkOf(schema: object) {
  const compiled = compileSchema(schema)
  if (compiled.kind === 'unusable') throw new Error(JSON.stringify(compiled.faults))
  return (value: unknown, headers: Record<string, string> = { 'content-type': 'application/json' }) => {
    const bytes = value === undefined ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
    return compiled.check({ key: null, value: bytes, headers }).map(({ pointer, code }) => [pointer, code])
  }
}

const order = {
  type: 'object',
  required: ['id'],
  additionalProperties: false,
  properties: {
    id: { type: 'string', pattern: '^[a-z]+$' },
    total: { type: 'number', multipleOf: 0.01 },
    lines: { type: 'array', items: { $ref: '#/$defs/line' } },
  },
  $defs: { line: { type: 'object', properties: { sku: { type: 'string', pattern: '^[0-9]+$' } } } },
}
const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' }

test('data as the schema wants it has no fault', () => {
  assert.deepEqual(checkOf(order)({ id: 'a', total: 19.99, lines: [{ sku: '1' }] }), [])
})

test('every violation of a small event is named by its place', () => {
  const found = checkOf(order)({ total: '9', lines: [{ sku: '1' }, { sku: 'x' }, 7], 'a/b': 1 })
  assert.deepEqual(found.sort(), [
    ['/a~1b', 'unknown-field'],
    ['/id', 'missing'],
    ['/lines/1/sku', 'malformed'],
    ['/lines/2', 'wrong-type'],
    ['/total', 'wrong-type'],
  ])
})

test('the data of a structured event is found in its envelope', () => {
  const check = checkOf(order)
  assert.deepEqual(check({ specversion: '1.0', id: '1', data: { id: 'a' } }, structured), [])
  assert.deepEqual(check({ specversion: '1.0', id: '1', data: { id: 7 } }, structured), [['/data/id', 'wrong-type']])
  assert.deepEqual(checkOf({ type: 'null' })({ data: null }, structured), [])
})

test('data that is no JSON violates any schema', () => {
  const check = checkOf({})
  const bytes = { 'content-type': 'application/octet-stream' }
  assert.deepEqual(check('text', { 'content-type': 'text/plain' }), [['', 'not-json']])
  assert.deepEqual(check('{}', bytes), [['', 'not-json']])
  assert.deepEqual(check('{}', {}), [['', 'not-json']])
  assert.deepEqual(check('', {}), [['', 'not-json']])
  assert.deepEqual(check(undefined), [['', 'not-json']])
  assert.deepEqual(check({ id: '1' }, structured), [['/data', 'not-json']])
  assert.deepEqual(check({ data_base64: 'e30=' }, structured), [['/data_base64', 'not-json']])
  const text = { ...structured, ce_datacontenttype: 'text/plain' }
  assert.deepEqual(check({ datacontenttype: 'text/plain', data: '{}' }, text), [['/datacontenttype', 'not-json']])
  const json = { ...structured, ce_datacontenttype: 'application/vnd.acme+json' }
  assert.deepEqual(check({ data: '{}' }, json), [])
})

test('what every object inherits is no member', () => {
  assert.deepEqual(checkOf({ required: ['constructor'] })({}), [['/constructor', 'missing']])
  assert.deepEqual(checkOf({ properties: { toString: { type: 'string' } } })({}), [])
})

test('at most 20 violations are named, without the values that were sent', () => {
  const compiled = compileSchema({ items: { enum: ['allowed'] } })
  const value = Buffer.from(JSON.stringify(Array.from({ length: 100 }, () => 'secret')))
  const record = { key: null, value, headers: { 'content-type': 'application/json' } }
  const faults = compiled.kind === 'usable' ? compiled.check(record) : []
  assert.equal(faults.length, 20)
  assert.doesNotMatch(JSON.stringify(faults), /secret/)
})

test('of a large event the first violation is named', () => {
  const lines = Array.from({ length: 9_000 }, (_, index) => ({ sku: index === 8_000 ? 'x' : '1', pad: 'x'.repeat(20) }))
  assert.deepEqual(checkOf(order)({ id: 'A', lines }), [['/id', 'malformed']])
  assert.deepEqual(checkOf(order)({ id: 'a', lines }), [['/lines/8000/sku', 'malformed']])
})

test('a long name does not make a long pointer', () => {
  const [[pointer] = []] = checkOf({ additionalProperties: { type: 'null' } })({ ['x'.repeat(5_000)]: 1 })
  assert.equal(pointer, '')
})

test('patterns of one schema are kept apart', () => {
  const check = checkOf({ properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } } })
  assert.deepEqual(check({ a: 'a', b: 'b' }), [])
  assert.deepEqual(check({ a: 'b', b: 'a' }), [
    ['/a', 'malformed'],
    ['/b', 'malformed'],
  ])
})
