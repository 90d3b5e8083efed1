import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { binaryPayload } from '#shared/event/binary-payload.ts'
import { describeEvent } from '#shared/event/describe.ts'
import type { RecordHeaders, StoredRecord } from '#shared/event/record.ts'

const head = '"specversion":"1.0","id":"1","source":"/s","type":"t"'
const ours = { ce_specversion: '1.0', ce_id: '1', ce_source: '/s', ce_type: 't' }
const structured = { 'content-type': 'application/cloudevents+json' }

function payloadOf(value: string | Buffer | null, headers: RecordHeaders = structured) {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  const record: StoredRecord = { topic: 't', partition: 0, offset: 0, timestampMs: 0, key: null, value: bytes, headers }
  const payload = binaryPayload(record, describeEvent(record, { name: 's', defaultType: null }))
  return payload === null ? null : [payload.body.toString(), payload.contentType]
}

test('the data go out as they stand, byte for byte, under their own type', () => {
  assert.deepEqual(payloadOf(`{${head},"data": {"a": 1.0, "b":9007199254740993} }`), [
    '{"a": 1.0, "b":9007199254740993}',
    'application/json',
  ])
  assert.deepEqual(payloadOf(`{"data":[1 , 2],${head},"datacontenttype":"application/vnd.a+json"}`), [
    '[1 , 2]',
    'application/vnd.a+json',
  ])
  assert.deepEqual(payloadOf(`{${head},"d\\u0061ta":"x"}`), ['"x"', 'application/json'])
  assert.deepEqual(payloadOf(`{${head},"data":null}`), ['null', 'application/json'])
})

test('text of another type goes out as text, and base64 as bytes', () => {
  const xml = `{${head},"datacontenttype":"text/xml","data":"<a b=\\"1\\"/>"}`
  assert.deepEqual(payloadOf(xml), ['<a b="1"/>', 'text/xml'])
  assert.deepEqual(payloadOf(xml, { ...structured, ...ours }), ['<a b="1"/>', 'text/xml'])
  const withHeaders = { ...structured, ...ours, ce_datacontenttype: 'text/xml' }
  assert.deepEqual(payloadOf(xml, withHeaders), ['<a b="1"/>', 'text/xml'])
  assert.deepEqual(payloadOf(`{${head},"data_base64":"SGk="}`), ['Hi', 'application/octet-stream'])
  assert.deepEqual(payloadOf(`{${head},"datacontenttype":"text/plain","data_base64":"SGk="}`), ['Hi', 'text/plain'])
})

test('an event without data has no body and no type of it', () => {
  assert.deepEqual(payloadOf(`{${head}}`), ['', null])
  assert.deepEqual(payloadOf(`{${head},"data_base64":null}`), ['', null])
})

test('what is not structured is that already', () => {
  assert.deepEqual(payloadOf('{"data":1}', { ...ours, 'content-type': 'application/json' }), [
    '{"data":1}',
    'application/json',
  ])
  assert.deepEqual(payloadOf('Hello', {}), ['Hello', 'application/octet-stream'])
})

test('a record that only says it is structured has no payload', () => {
  for (const value of ['{', '[]', '7', null])
    assert.equal(payloadOf(value, { ...structured, ...ours }), null, String(value))
})

test('any JSON comes out as it went in', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('', ' ', '\n\t'), (data, space) => {
      assert.deepEqual(payloadOf(`{${head},"data":${space}${data}${space},"x":"y"}`), [data.trim(), 'application/json'])
    }),
  )
})
