import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { openDoor } from './door.ts'

const limits = {
  TAILRACE_LIMIT_BATCH_EVENTS: 100,
  TAILRACE_LIMIT_NDJSON_LINES: 100,
  TAILRACE_LIMIT_REQUEST_BYTES: 2 ** 21,
}
const door = openDoor({ limits })
beforeEach(() => door.stored.splice(0))
after(() => door.close())

const batch = { 'content-type': 'application/cloudevents-batch+json' }
const lines = { 'content-type': 'application/x-ndjson' }
const event = (id: number | string, members: object = {}) =>
  JSON.stringify({ specversion: '1.0', id: `${id}`, source: '/x', type: 't', ...members })
const many = (count: number) => Array.from({ length: count }, (_, index) => event(index))

type Fault = { index?: number; pointer?: string; header?: string; query?: string; code: string }
const shown = ({ index, pointer, header, query, code }: Fault) => {
  return [index, pointer ?? header ?? query, code].filter((part) => part !== undefined && part !== '').join(' ')
}

type Headers = Record<string, string>
type Row = [what: string, headers: Headers, body: string | Buffer, status: number, code: string, faults?: string[]]

const rows: Row[] = [
  ['an empty batch', batch, '[]', 400, 'event-invalid', ['empty']],
  ['an empty body as a batch', batch, '', 400, 'event-invalid', ['json-invalid', 'empty']],
  ['lines without an event', lines, '\n \r\n\n', 400, 'event-invalid', ['empty']],
  ['an empty body as lines', lines, '', 400, 'event-invalid', ['empty']],
  ['a batch that is an object', batch, event(1), 400, 'event-invalid', ['json-invalid', 'empty']],
  ['a batch that ends early', batch, `[${event(1)},`, 400, 'event-invalid', ['1 json-invalid']],
  ['a batch without its bracket', batch, `[${event(1)}`, 400, 'event-invalid', ['json-invalid']],
  ['a batch without a comma', batch, `[${event(1)} ${event(2)}]`, 400, 'event-invalid', ['json-invalid']],
  ['a batch with a comma too many', batch, `[${event(1)},]`, 400, 'event-invalid', ['1 json-invalid']],
  ['something behind a batch', batch, `[${event(1)}] x`, 400, 'event-invalid', ['json-invalid']],
  ['a byte order mark before a batch', batch, `\ufeff[${event(1)}]`, 400, 'event-invalid', ['json-invalid', 'empty']],
  ['broken JSON in an event', batch, `[${event(1)},{"a":NaN}]`, 400, 'event-invalid', ['1 json-invalid']],
  ['bytes that are no UTF-8', batch, badUtf8(`[${event(1)},`, ']'), 400, 'event-invalid', ['1 not-utf8']],
  ['bytes that are no UTF-8 in a line', lines, badUtf8('1\n', '\n2'), 400, 'event-invalid', ['1 not-utf8']],
  [
    'elements that are no objects',
    batch,
    '[1,null,"x",[]]',
    400,
    'event-invalid',
    [0, 1, 2, 3].map((i) => `${i} not-an-object`),
  ],
  ['depth 65 in an event', batch, `[${event(1)},${'['.repeat(65)}`, 400, 'event-invalid', ['1 too-deep']],
  ['depth 65 in a line', lines, `1\n${'['.repeat(65)}${']'.repeat(65)}\n2`, 400, 'event-invalid', ['1 too-deep']],
  ['10,001 members in an event', batch, `[[${'1,'.repeat(10_000)}1]]`, 400, 'event-invalid', ['0 too-many-members']],
  ['one event more than allowed', batch, `[${many(101)}]`, 413, 'too-many-events'],
  ['one line more than allowed', lines, '1\n'.repeat(101), 413, 'too-many-events'],
  ['empty lines more than allowed', lines, '\n'.repeat(101), 413, 'too-many-events'],
  [
    'an event over its limit',
    batch,
    `[${event(1)},${event(2, { data: 'x'.repeat(524_288) })}]`,
    413,
    'event-too-large',
    ['1 too-large'],
  ],
  ['a line over its limit', lines, `1\n"${'x'.repeat(524_288)}"\n2`, 413, 'event-too-large', ['1 too-large']],
  ['a body over the limit', lines, ' '.repeat(2 ** 21 + 1), 413, 'request-too-large'],
  [
    'one bad event of 100',
    batch,
    `[${many(100).with(57, event(57, { source: undefined, time: 'yesterday' }))}]`,
    400,
    'event-invalid',
    ['57 /source missing', '57 /time not-a-time'],
  ],
  [
    'bad lines among good ones',
    lines,
    [event(1), '{"specversion":"1.0"}', '1', '{"a":', event(2, { partitionkey: 'x'.repeat(1_025) })].join('\n'),
    400,
    'event-invalid',
    ['1 /id missing', '1 /source missing', '1 /type missing', '3 json-invalid', '4 too-long'],
  ],
  [
    'a ce- header beside a batch',
    { ...batch, 'ce-id': '1' },
    `[${event(1)}]`,
    400,
    'event-invalid',
    ['ce-id not-allowed'],
  ],
  [
    '__proto__ in an envelope',
    batch,
    `[${event(1).replace('}', ',"__proto__":"x"}')}]`,
    400,
    'event-invalid',
    ['0 /__proto__ name-invalid'],
  ],
  [
    'the same id with other bytes',
    batch,
    `[${event(1)},${event(1, { data: 2 })}]`,
    422,
    'idempotency-mismatch',
    ['1 /id duplicate'],
  ],
]

function badUtf8(before: string, behind: string): Buffer {
  return Buffer.concat([Buffer.from(`${before}"`), Buffer.from([0xff]), Buffer.from(`"${behind}`)])
}

for (const [what, headers, payload, status, code, faults] of rows) {
  test(`refuses ${what}: ${code}, and stores nothing`, async () => {
    const answer = await door.post({ headers, payload })
    const problem = answer.json()
    assert.deepEqual([answer.statusCode, problem.code], [status, code], answer.body)
    if (faults !== undefined) assert.deepEqual(problem.errors.map(shown), faults)
    if (status === 413) assert.match(JSON.stringify(problem), /TAILRACE_LIMIT_/)
    assert.equal(door.stored.length, 0)
  })
}

test('every bad event of a full batch is named, and the list is bounded', async () => {
  const door = openDoor()
  const batchOf = (count: number, each: string) => `[${Array.from({ length: count }, () => each).join(',')}]`
  const answer = await door.post({ headers: batch, payload: batchOf(1_000, '{}') })
  const { errors, detail } = answer.json()
  assert.equal(errors.length, 1_000)
  assert.equal(new Set(errors.map(({ index }: Fault) => index)).size, 1_000)
  assert.match(detail, /^1000 of 1000 events are wrong\. .*1000 of 4000 faults are listed/)
  await door.close()
})

test('type and subject in the query belong to plain lines only', async () => {
  const url = '/v1/streams/orders/events?type=a.b'
  const refused = await door.post({ headers: batch, payload: `[${event(1)}]`, url })
  assert.deepEqual(refused.json().errors.map(shown), ['type not-allowed'])
  const mixed = await door.post({ headers: lines, payload: `1\n${event(1)}`, url })
  assert.deepEqual(mixed.json().errors.map(shown), ['1 type not-allowed'])
  assert.equal((await door.post({ headers: lines, payload: '1\n2', url })).statusCode, 202)
  assert.deepEqual(
    door.stored.map(({ headers }) => headers.ce_type),
    ['a.b', 'a.b'],
  )
})

test('each element of a batch is stored with its own bytes, as a structured event', async () => {
  const elements = [
    event(1),
    '{ "specversion" : "1.0", "id":"\\u0032","source":"/x","type":"t","data":[1.0,1e400,-0] }',
    event(3),
  ]
  const payload = ` [ ${elements[0]} ,\n\t${elements[1]},${elements[2]}\r\n]\n`
  const answer = await door.post({ headers: { ...batch, traceparent }, payload })
  assert.equal(answer.statusCode, 202, answer.body)
  assert.deepEqual(
    door.stored.map(({ value }) => value?.toString()),
    elements,
  )
  const { ce_id, 'content-type': type, traceparent: trace } = door.stored[1]?.headers ?? {}
  assert.deepEqual([ce_id, type, trace], ['2', 'application/cloudevents+json', traceparent])
})

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

test('each line is stored with its own bytes: a CloudEvent structured, any other value as plain JSON', async () => {
  const values = [
    event(1),
    '{"a": 1.0}',
    'null',
    '"specversion"',
    '{"spec\\u0076ersion":"1.0","id":"2","source":"/x","type":"t"}',
  ]
  const payload = `${values[0]}\r\n\n  ${values[1]} \n${values[2]}\n${values[3]}\n${values[4]}`
  for (const type of ['application/x-ndjson', 'application/ndjson', 'application/jsonl; charset=utf-8']) {
    door.stored.splice(0)
    const answer = await door.post({ headers: { 'content-type': type }, payload })
    assert.equal(answer.statusCode, 202, answer.body)
    assert.deepEqual(
      door.stored.map(({ value }) => value?.toString()),
      values,
    )
    assert.deepEqual(
      door.stored.map(({ headers }) => headers['content-type']?.replace('application/', '')),
      ['cloudevents+json', 'json', 'json', 'json', 'cloudevents+json'],
    )
    assert.equal(new Set(door.stored.map(({ headers }) => headers.ce_id)).size, 5)
  }
})

test('lines with ce- headers are the data of one binary event', async () => {
  const ce = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/x', 'ce-type': 't' }
  const answer = await door.post({ headers: { ...lines, ...ce }, payload: '1\n2\n' })
  assert.equal(answer.json().id, '1')
  assert.deepEqual(
    door.stored.map(({ value }) => value?.toString()),
    ['1\n2\n'],
  )
})

test('the answer says where each event is, in the order of the request', async () => {
  const answer = await door.post({ headers: batch, payload: `[${event('a1')},${event('a2', { partitionkey: 'k' })}]` })
  const { results, ...head } = answer.json()
  assert.deepEqual(head, { stream: 'orders', stored: 2, subscriptions: 0 })
  assert.equal(answer.headers['tailrace-dedup'], 'off')
  assert.match(String(answer.headers['content-type']), /^application\/json/)
  const { webhookId } = results[1]
  assert.deepEqual(results[1], {
    ...{ index: 1, status: 202, id: 'a2', source: '/x', webhookId, partition: 1, offset: 1 },
    ...{ position: 'orders-1-1', replayed: false },
  })
})

test('one key in the query is the key of all events', async () => {
  await door.post({
    headers: lines,
    payload: `1\n${event(1, { partitionkey: 'own' })}`,
    url: '/v1/streams/orders/events?key=k',
  })
  assert.deepEqual(
    door.stored.map(({ key }) => key?.toString()),
    ['k', 'k'],
  )
})

test('an event that stands twice in a batch is stored once, and both are answered alike', async () => {
  const answer = await door.post({ headers: batch, payload: `[${event(1)},${event(2)},${event(1)}]` })
  const { stored, results } = answer.json()
  assert.deepEqual([answer.statusCode, stored, door.stored.length], [202, 2, 2])
  assert.deepEqual({ ...results[2], index: 0 }, results[0])
})
