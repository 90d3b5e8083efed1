import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readIdempotencyKey } from '../../../../services/producer/idempotency/idempotency-key.ts'

const read = (...values: string[]) =>
  readIdempotencyKey({
    headers: values.length === 0 ? {} : { 'idempotency-key': values.join(', ') },
    rawHeaders: ['Host', 'idempotency-key', ...values.flatMap((value) => ['Idempotency-Key', value])],
  })

const faultOf = (...values: string[]) => {
  try {
    return read(...values)
  } catch (error) {
    const { code, options } = error as { code: string; options: { errors: { code: string; header: string }[] } }
    return [code, options.errors[0]?.header, options.errors[0]?.code]
  }
}

test('a key is read as it stands, and quoted or bare it is the same', () => {
  assert.equal(read(), null)
  assert.equal(read('8e03978e-40d5-43dd-bc93-6894a57f9324'), '8e03978e-40d5-43dd-bc93-6894a57f9324')
  assert.equal(read('"8e03978e"'), read('8e03978e'))
  assert.equal(read('"with \\"quotes\\" and \\\\"'), 'with "quotes" and \\')
  assert.equal(read('a"b'), 'a"b')
  assert.equal(read('x'.repeat(255))?.length, 255)
  assert.equal(read(`"${'x'.repeat(255)}"`)?.length, 255)
})

test('bad-input 63: an empty, too long, non-ASCII or repeated key is refused with the reason', () => {
  const refused = (code: string) => ['request-malformed', 'idempotency-key', code]
  assert.deepEqual(faultOf(''), refused('empty'))
  assert.deepEqual(faultOf('""'), refused('empty'))
  assert.deepEqual(faultOf('"  "'), refused('empty'))
  assert.deepEqual(faultOf('x'.repeat(256)), refused('too-long'))
  assert.deepEqual(faultOf('Schlüssel'), refused('not-ascii'))
  assert.deepEqual(faultOf('a\tb'), refused('not-ascii'))
  assert.deepEqual(faultOf('a', 'a'), refused('repeated'))
  for (const broken of ['"', '"a', '"a"b', '"a\\x"', '"a";p=1'])
    assert.deepEqual(faultOf(broken), refused('not-a-string'))
})
