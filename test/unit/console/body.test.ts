import assert from 'node:assert/strict'
import { test } from 'node:test'
import { streamDefinition } from '#shared/catalog/stream-schema.ts'
import { TailraceError } from '#shared/errors.ts'
import { readBody } from '../../../services/console/body.ts'

const kind = { schema: streamDefinition, readOnly: ['name', 'status'], opaque: ['schema'] }

function refusalOf(body: unknown): TailraceError {
  try {
    readBody(body, kind)
  } catch (error) {
    if (error instanceof TailraceError) return error
  }
  throw new Error('it was not refused')
}

test('null equals absent, read-only members are dropped, the rest gets its default', () => {
  const read = readBody({ name: 'x', status: {}, description: null, partitions: 3 }, kind)
  assert.deepEqual(read, {
    ...{ partitions: 3, retentionMs: 604_800_000, retentionBytes: null, topic: null },
    ...{ defaultType: null, schema: null, description: '' },
  })
})

test('the body itself is not changed', () => {
  const body = { name: 'x', description: null }
  readBody(body, kind)
  assert.deepEqual(body, { name: 'x', description: null })
})

test('an unknown member is named with the nearest known one', () => {
  const { code, options } = refusalOf({ retentonMs: 5 })
  assert.equal(code, 'unknown-field')
  assert.deepEqual(options.errors?.[0], {
    ...{ pointer: '/retentonMs', code: 'unknown-field', detail: 'there is no member retentonMs' },
    fix: 'did you mean retentionMs?',
  })
})

test('a pointer escapes what a member name may hold, and a long name is not echoed whole', () => {
  assert.equal(refusalOf({ 'a/b~c': 1 }).options.errors?.[0]?.pointer, '/a~1b~0c')
  assert.ok((refusalOf({ ['x'.repeat(10_000)]: 1 }).options.errors?.[0]?.detail.length ?? 0) < 200)
})

test('a wrong type is named', () => {
  assert.equal(refusalOf({ partitions: 'six' }).options.errors?.[0]?.code, 'wrong-type')
})

test('a body that is no object is refused', () => {
  for (const body of [undefined, null, [], 'text', 7, true]) assert.equal(refusalOf(body).code, 'body-invalid')
})

test('a schema is kept as it is, with the nulls inside it; null itself means none', () => {
  const schema = { const: null, properties: { a: { enum: [null, 1], default: null } } }
  assert.deepEqual(readBody({ schema }, kind).schema, schema)
  assert.equal(readBody({ schema: null }, kind).schema, null)
  assert.equal(refusalOf({ schema: true }).options.errors?.[0]?.pointer, '/schema')
})
