import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FieldReader, FieldWriter } from '#shared/kafka/wire-format.ts'

test('what was written is read back, field by field', () => {
  const items = fc.array(fc.record({ text: fc.string(), number: fc.integer() }), { maxLength: 20 })
  fc.assert(
    fc.property(items, fc.integer({ min: -32768, max: 32767 }), (list, code) => {
      const fields = new FieldWriter().int16(code)
      fields.array(list, ({ text, number }) => fields.string(text).int32(number))
      const reader = new FieldReader(fields.toBuffer())
      assert.equal(reader.int16(), code)
      const read = reader.array(() => ({ text: reader.string(), number: reader.int32() }))
      assert.deepEqual(read, JSON.parse(JSON.stringify(list)))
    }),
  )
})

test('skips bytes and reads a missing string as empty', () => {
  const fields = new FieldWriter().int32(3).int8(1).int8(2).int8(3).int32(-1).string(null).int16(7)
  const reader = new FieldReader(fields.toBuffer())
  reader.skipBytes()
  reader.skipBytes()
  assert.equal(reader.string(), '')
  assert.equal(reader.int16(), 7)
})

test('an answer that ends too early is an error, not a wrong value', () => {
  const reader = new FieldReader(new FieldWriter().int16(5).toBuffer())
  assert.throws(() => reader.int32(), RangeError)
})
