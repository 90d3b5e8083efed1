import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HTTP } from 'cloudevents'
import fc from 'fast-check'
import type { AttemptRequest } from '#shared/delivery/attempt.ts'
import { requestBody, requestHeaders } from '#shared/delivery/request-headers.ts'
import { describeEvent } from '#shared/event/describe.ts'
import type { RecordHeaders } from '#shared/event/record.ts'

const nowMs = Date.parse('2026-11-21T10:02:11.700Z')
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const cloudEvent: RecordHeaders = {
  'content-type': 'application/json',
  traceparent,
  ce_specversion: '1.0',
  ce_id: '0198f0c2',
  ce_source: '/keys/shop-backend',
  ce_type: 'order.created',
  ce_time: '2026-11-21T10:02:11.380Z',
  tailrace_received: '2026-11-21T10:02:11.380Z',
  tailrace_key_id: '8fK2mQ0xZa1b',
}

const requestOf = (headers: RecordHeaders, rest: Partial<AttemptRequest> = {}): AttemptRequest => ({
  url: 'https://billing.example/hooks',
  record: { topic: 't', partition: 3, offset: 1042, timestampMs: 1, key: null, value: Buffer.from('{"a":1}'), headers },
  stream: { name: 'orders', defaultType: null },
  subscription: { name: 'billing', uid: 'k3v9q2' },
  webhookId: 'evt_Zk3xq0T7mB2cP9sLw4yVuA',
  signing: {
    schemes: ['v1'],
    secrets: [{ secret: Buffer.alloc(32, 7), privateKey: Buffer.alloc(32, 7), validUntil: null }],
  },
  number: 2,
  firstAttemptAtMs: Date.parse('2026-11-21T10:02:11.402Z'),
  key: 'customer-77',
  replay: null,
  ...rest,
})

function sent(headers: RecordHeaders, rest?: Partial<AttemptRequest>): Record<string, string> {
  const flat = requestHeaders(requestOf(headers, rest), nowMs)
  const pairs = Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index], flat[2 * index + 1]])
  assert.equal(new Set(pairs.map(([name]) => name)).size, pairs.length, 'no header is sent twice')
  return Object.fromEntries(pairs)
}

test('a receiver gets what the interface promises, and nothing else of the record', () => {
  const { 'webhook-signature': signature, ...rest } = sent(cloudEvent)
  assert.match(signature ?? '', /^v1,[A-Za-z0-9+/]{43}=$/)
  assert.deepEqual(rest, {
    'content-type': 'application/json',
    'user-agent': 'Tailrace/0.1',
    'webhook-id': 'evt_Zk3xq0T7mB2cP9sLw4yVuA',
    'webhook-timestamp': '1795255331',
    traceparent,
    'tailrace-stream': 'orders',
    'tailrace-subscription': 'billing',
    'tailrace-position': 'orders-3-1042',
    'tailrace-attempt': '2',
    'tailrace-first-attempt-at': '2026-11-21T10:02:11.402Z',
    'tailrace-key': 'customer-77',
    'ce-specversion': '1.0',
    'ce-id': '0198f0c2',
    'ce-source': '/keys/shop-backend',
    'ce-type': 'order.created',
    'ce-time': '2026-11-21T10:02:11.380Z',
  })
})

test('each attempt is signed anew at its own time, under the same id', () => {
  const request = requestOf(cloudEvent)
  const first = requestHeaders(request, nowMs)
  const second = requestHeaders(request, nowMs + 1_000)
  const of = (flat: string[], name: string) => flat[flat.indexOf(name) + 1]
  assert.equal(of(first, 'webhook-id'), of(second, 'webhook-id'))
  assert.notEqual(of(first, 'webhook-timestamp'), of(second, 'webhook-timestamp'))
  assert.notEqual(of(first, 'webhook-signature'), of(second, 'webhook-signature'))
})

test('keyless and first deliveries carry no key and no job, replayed ones name the job', () => {
  assert.equal('tailrace-key' in sent(cloudEvent, { key: null }), false)
  assert.equal('tailrace-replay' in sent(cloudEvent), false)
  assert.equal(sent(cloudEvent, { replay: 'job_01JD8Z6T' })['tailrace-replay'], 'job_01JD8Z6T')
})

test('attribute values and keys are percent-encoded as the CloudEvents HTTP binding says', () => {
  const headers = sent({ ...cloudEvent, ce_subject: 'Euro € "50%"', ce_name: 'a~b' }, { key: 'größe 5' })
  assert.equal(headers['ce-subject'], 'Euro%20%E2%82%AC%20%2250%25%22')
  assert.equal(headers['ce-name'], 'a~b')
  assert.equal(headers['tailrace-key'], 'gr%C3%B6%C3%9Fe%205')
})

test('a record of any Kafka client is a plain event of its position', () => {
  const headers = sent({}, { key: null, stream: { name: 'legacy', defaultType: 'com.acme.line' } })
  assert.equal(headers['content-type'], 'application/octet-stream')
  assert.match(headers.traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  assert.deepEqual(
    [headers['ce-specversion'], headers['ce-id'], headers['ce-source'], headers['ce-type']],
    ['1.0', 'legacy-3-1042', '/streams/legacy', 'com.acme.line'],
  )
  assert.equal(sent({}, { stream: { name: 'legacy', defaultType: null } })['ce-type'], 'tailrace.event')
})

test('a structured event keeps its content type, and no second one is told', () => {
  const structured = {
    ...cloudEvent,
    'content-type': 'application/cloudevents+json; charset=utf-8',
    ce_datacontenttype: 'application/xml',
  }
  assert.equal(sent(structured)['content-type'], 'application/cloudevents+json; charset=utf-8')
  assert.equal('ce-datacontenttype' in sent(structured), false)
  assert.equal('ce-datacontenttype' in sent({ ...cloudEvent, ce_datacontenttype: 'text/plain' }), false)
})

test('an event that the caller has described is not described again', () => {
  const request = requestOf(cloudEvent)
  const event = { ...describeEvent(request.record, request.stream), contentType: 'text/described' }
  assert.equal(sent(cloudEvent, { event })['content-type'], 'text/described')
})

test('a bad traceparent is replaced, a content type that is none becomes bytes', () => {
  assert.match(sent({ ...cloudEvent, traceparent: 'x\r\nevil: 1' }).traceparent ?? '', /^00-[0-9a-f]{32}-/)
  assert.equal(sent({ ...cloudEvent, 'content-type': 'json' })['content-type'], 'application/octet-stream')
  assert.equal(sent({ ...cloudEvent, 'content-type': 'a/b\r\nx: y' })['content-type'], 'application/octet-stream')
})

test('a record without value has an empty body', () => {
  const request = requestOf(cloudEvent)
  assert.equal(requestBody({ ...request, record: { ...request.record, value: null } }).length, 0)
  assert.equal(requestBody(request), request.record.value)
})

test('the CloudEvents SDK reads the event back', () => {
  const value = { ...cloudEvent, ce_subject: 'plain', ce_tenant: 'a1' }
  const event = HTTP.toEvent({ headers: sent(value), body: '{"a":1}' })
  assert.ok(!Array.isArray(event))
  assert.deepEqual(
    [event.id, event.source, event.type, event.subject, event.tenant, event.data],
    ['0198f0c2', '/keys/shop-backend', 'order.created', 'plain', 'a1', { a: 1 }],
  )
})

const reserved =
  /^(content-type|user-agent|traceparent|webhook-(id|timestamp|signature)|tailrace-[a-z-]+|ce-[a-z0-9]{1,64})$/

test('whatever stands in the headers of a record, only known names and printable ASCII values are sent', () => {
  const anyHeaders = fc.dictionary(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((name) => `ce_${name}`),
      fc.constantFrom('ce_', 'host', 'content-length', 'transfer-encoding', 'webhook-id', 'ce_Host', 'traceparent'),
      fc.constantFrom('content-type', 'ce_id', 'ce_webhook-id', '__proto__', 'tailrace-key', 'ce_constructor'),
    ),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(anyHeaders, fc.string({ unit: 'binary' }), (headers, key) => {
      for (const [name, value] of Object.entries(sent(headers, { key }))) {
        assert.match(name, reserved)
        assert.match(value, /^[\x20-\x7e]*$/)
      }
      assert.equal(sent(headers)['webhook-id'], 'evt_Zk3xq0T7mB2cP9sLw4yVuA')
    }),
    { numRuns: 1_000 },
  )
})
