import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CloudEvent, HTTP } from 'cloudevents'
import fc from 'fast-check'
import { describeEvent } from '#shared/event/describe.ts'
import type { MappedEvent } from '#shared/event/event-request.ts'
import { recordFromRequest } from '#shared/event/from-http.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { eventHeaders } from '#shared/event/to-http.ts'
import { webhookIdOf } from '#shared/event/webhook-id.ts'
import { defaultLimits } from '#shared/limits.ts'

const receivedAtMs = Date.UTC(2026, 10, 21, 10)
const context = { keyId: 'k', keyName: 'shop', instance: 'p-1', defaultType: null, receivedAtMs, limits: defaultLimits }
const stream = { name: 'orders', defaultType: null }

type Message = { headers: Record<string, unknown>; body: unknown }

/** The request that an HTTP client makes of an SDK message, as node:http shows it. */
function publish({ headers, body }: Message, query = {}): MappedEvent {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]))
  const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from((body as Uint8Array | undefined) ?? [])
  return recordFromRequest({ headers: lower, rawHeaders: Object.entries(lower).flat(), query, body: bytes }, context)
}

const stored = (record: MappedEvent['record'], more: Partial<StoredRecord> = {}): StoredRecord => ({
  ...{ topic: 'tailrace.events.orders', partition: 3, offset: 1042, timestampMs: receivedAtMs },
  ...record,
  ...more,
})

const attribute = fc.string({ unit: fc.constantFrom(...'abcXYZ09-_./'.split('')), minLength: 1, maxLength: 20 })
const cloudEvent = fc
  .record(
    {
      id: attribute,
      source: attribute.map((path) => `/${path}`),
      type: attribute,
      subject: attribute,
      partitionkey: attribute,
      sequence: fc.integer({ min: -2147483648, max: 2147483647 }),
      flag: fc.boolean(),
      dataschema: fc.constant('https://schema.example/order'),
      data: fc.dictionary(fc.string(), fc.jsonValue()),
    },
    { requiredKeys: ['id', 'source', 'type', 'data'] },
  )
  .map((fields) => new CloudEvent({ ...fields, datacontenttype: 'application/json', time: '2026-11-21T10:00:00.000Z' }))

/** What an event says, with attributes as texts: the SDK keeps numbers and booleans of structured events. */
function saying(event: unknown): Record<string, unknown> {
  const members = Object.entries(JSON.parse(JSON.stringify(event)) as object) as [string, unknown][]
  return Object.fromEntries(members.map(([name, value]) => [name, name === 'data' ? value : String(value)]))
}

test('what the CloudEvents SDK sends in binary mode, it reads again from the record', () => {
  fc.assert(
    fc.property(cloudEvent, (event) => {
      const message = HTTP.binary(event)
      const { record, id, source } = publish(message)
      assert.deepEqual(record.value, Buffer.from(message.body as string))
      assert.deepEqual([id, source], [event.id, event.source])
      const headers = eventHeaders(describeEvent(stored(record), stream))
      const again = HTTP.toEvent({ headers, body: record.value?.toString() })
      assert.deepEqual(saying(again), saying(event))
    }),
  )
})

test('what the CloudEvents SDK sends in structured mode keeps its bytes, with the attributes as headers beside them', () => {
  fc.assert(
    fc.property(cloudEvent, (event) => {
      const message = HTTP.structured(event)
      const { record } = publish(message)
      assert.deepEqual(record.value, Buffer.from(message.body as string))
      const { data, ...attributes } = saying(event)
      const described = describeEvent(stored(record), stream)
      assert.deepEqual(Object.fromEntries(described.attributes), attributes)
      assert.equal(described.mode, 'structured')
      assert.equal(record.key?.toString(), event.partitionkey)
      const again = HTTP.toEvent({ headers: eventHeaders(described), body: record.value?.toString() })
      assert.deepEqual(saying(again), { ...attributes, data })
    }),
  )
})

test('a structured record that another Kafka client wrote is described by its envelope alone', () => {
  const event = new CloudEvent({ id: '1', source: '/x', type: 't', subject: 'Größe', data: { a: 1 } })
  const { headers, body } = HTTP.structured(event)
  const value = Buffer.from(body as string)
  const record = { key: null, value, headers: { 'content-type': String(headers['content-type']) } }
  const described = describeEvent(stored(record), stream)
  assert.deepEqual(
    [described.id, described.source, described.type, described.subject, described.webhookId, described.malformed],
    ['1', '/x', 't', 'Größe', webhookIdOf('/x', '1'), undefined],
  )
  assert.equal(eventHeaders(described)['ce-subject'], 'Gr%C3%B6%C3%9Fe')
})

test('a record without any header is a plain event: its position is its id', () => {
  const described = describeEvent(
    stored({ key: Buffer.from('k'), value: Buffer.from('Hello, World!'), headers: {} }),
    stream,
  )
  const { attributes, ...rest } = described
  assert.deepEqual(rest, {
    id: 'orders-3-1042',
    source: '/streams/orders',
    type: 'tailrace.event',
    time: '2026-11-21T10:00:00.000Z',
    subject: null,
    key: 'k',
    contentType: 'application/octet-stream',
    mode: 'plain',
    webhookId: webhookIdOf('/streams/orders', 'orders-3-1042'),
  })
  assert.equal(attributes.get('specversion'), '1.0')
  const typed = describeEvent(stored({ key: null, value: Buffer.from('{}'), headers: { 'content-type': 'text/x' } }), {
    name: 'orders',
    defaultType: 'com.acme',
  })
  assert.deepEqual([typed.type, typed.contentType, typed.key], ['com.acme', 'text/x', null])
})

test('a key that is no text is shown as base64', () => {
  const described = describeEvent(
    stored({ key: Buffer.from([0xff, 0x00]), value: Buffer.from('x'), headers: {} }),
    stream,
  )
  assert.equal(described.key, '/wA=')
})

const structuredHeaders = { 'content-type': 'application/cloudevents+json' }
const ceHeaders = { ce_specversion: '1.0', ce_id: '1', ce_source: '/x', ce_type: 't' }
const broken: [string, Buffer | null, Record<string, string>, RegExp][] = [
  ['no value', null, ceHeaders, /no value/],
  ['an unknown version', Buffer.from('x'), { ...ceHeaders, ce_specversion: '2.0' }, /CloudEvents 1\.0/],
  ['an attribute missing', Buffer.from('x'), { ce_specversion: '1.0', ce_id: '1' }, /source is required/],
  ['an attribute name that no header can have', Buffer.from('x'), { ...ceHeaders, 'ce_a b': '1' }, /attribute name/],
  ['a line break in an attribute', Buffer.from('x'), { ...ceHeaders, ce_subject: 'a\r\nb' }, /control character/],
  ['an envelope that is no JSON', Buffer.from('{"id":'), structuredHeaders, /ends early/],
  ['an envelope that is no object', Buffer.from('[]'), structuredHeaders, /is a JSON object/],
  ['an incomplete envelope', Buffer.from('{"specversion":"1.0","id":"1"}'), structuredHeaders, /source is required/],
]
for (const [what, value, headers, reason] of broken) {
  test(`a record with ${what} is malformed and known by its position`, () => {
    const described = describeEvent(stored({ key: null, value, headers }), stream)
    assert.match(described.malformed ?? '', reason)
    assert.deepEqual([described.id, described.source], ['orders-3-1042', '/streams/orders'])
  })
}

test('describing never throws, whatever a record holds', () => {
  const header = fc.constantFrom('ce_id', 'ce_specversion', 'ce_source', 'ce_type', 'ce_x', 'content-type', 'x')
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('1.0', structuredHeaders['content-type']))
  const anyRecord = fc.record({
    key: fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
    value: fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
    headers: fc.dictionary(header, value),
  })
  fc.assert(
    fc.property(anyRecord, (record) => void describeEvent(stored(record), stream)),
    { numRuns: 2_000 },
  )
})
