import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { openDoor } from './door.ts'

const door = openDoor()
beforeEach(() => door.stored.splice(0))
after(() => door.close())

type Headers = Record<string, string>
/** What, headers, body, code, and the faults: `place code`. */
type Row = [what: string, headers: Headers, body: string | Buffer, code: string, faults?: string[]]

const json = { 'content-type': 'application/json' }
const structured = { 'content-type': 'application/cloudevents+json' }
const ce = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/x', 'ce-type': 't' }
const binary = { ...json, ...ce }
const envelope = (members: object) =>
  JSON.stringify({ specversion: '1.0', id: '1', source: '/x', type: 't', ...members })

const rows: Row[] = [
  ['an empty plain body', json, '', 'event-invalid', [' empty']],
  ['an empty structured body', structured, '', 'event-invalid', [' json-invalid']],
  ['only white space', json, ' \n\t', 'event-invalid', [' json-invalid']],
  ['a trailing comma', json, '{"a":1,}', 'event-invalid', [' json-invalid']],
  ['NaN', json, '{"a":NaN}', 'event-invalid', [' json-invalid']],
  ['a comment', json, '{"a":1}//', 'event-invalid', [' json-invalid']],
  ['single quotes', json, "{'a':1}", 'event-invalid', [' json-invalid']],
  ['a truncated body', json, '{"a":', 'event-invalid', [' json-invalid']],
  ['broken JSON as binary data', binary, '{"a":', 'event-invalid', [' json-invalid']],
  ['invalid UTF-8', json, Buffer.from([0x22, 0xff, 0x22]), 'event-invalid', [' not-utf8']],
  ['a byte order mark', json, '\ufeff{}', 'event-invalid', [' json-invalid']],
  ['UTF-16', { 'content-type': 'application/json; charset=utf-16' }, '{}', 'type-unsupported'],
  ['depth 65', json, '['.repeat(65) + ']'.repeat(65), 'event-invalid', [' too-deep']],
  ['depth 200,000', json, '['.repeat(200_000), 'event-invalid', [' too-deep']],
  ['an array of 100,000', json, `[${'1,'.repeat(99_999)}1]`, 'event-invalid', [' too-many-members']],
  ['one byte over the limit', json, `"${'x'.repeat(524_287)}"`, 'event-too-large'],
  ['no content type', { 'content-type': '' }, '{}', 'type-unsupported'],
  ['a malformed content type', { 'content-type': 'json' }, '{}', 'type-unsupported'],
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'a=1', 'type-unsupported'],
  ['multipart', { 'content-type': 'multipart/form-data; boundary=x' }, '--x--', 'type-unsupported'],
  ['an envelope of XML', { 'content-type': 'application/cloudevents+xml' }, '<event/>', 'type-unsupported'],
  ['a batch in Avro', { 'content-type': 'application/cloudevents-batch+avro' }, 'x', 'type-unsupported'],
  [
    'a batch in UTF-32',
    { 'content-type': 'application/cloudevents-batch+json; charset=utf-32' },
    '[]',
    'type-unsupported',
  ],
  ['lines in UTF-16', { 'content-type': 'application/x-ndjson; charset=utf-16' }, '{}', 'type-unsupported'],
  ['what says gzip and is not', { ...json, 'content-encoding': 'gzip' }, '{}', 'request-malformed'],
  ['an unknown encoding', { ...json, 'content-encoding': 'deflate' }, '{}', 'encoding-unsupported'],
  ['brotli', { ...json, 'content-encoding': 'br' }, '{}', 'encoding-unsupported'],
  ['twice gzip', { ...json, 'content-encoding': 'gzip, gzip' }, '{}', 'encoding-unsupported'],
  ...['null', '1', '"x"', '[]'].map(
    (body): Row => [`a structured event that is ${body}`, structured, body, 'event-invalid', [' not-an-object']],
  ),
  [
    'an empty envelope',
    structured,
    '{}',
    'event-invalid',
    ['/specversion missing', '/id missing', '/source missing', '/type missing'],
  ],
  [
    'one binary attribute alone',
    { ...json, 'ce-type': 't' },
    '{}',
    'event-invalid',
    ['ce-specversion missing', 'ce-id missing', 'ce-source missing'],
  ],
  [
    'specversion 0.3',
    { ...binary, 'ce-specversion': '0.3' },
    '{}',
    'event-invalid',
    ['ce-specversion version-unsupported'],
  ],
  [
    'specversion 2.0',
    structured,
    envelope({ specversion: '2.0' }),
    'event-invalid',
    ['/specversion version-unsupported'],
  ],
  ['an empty id', structured, envelope({ id: '' }), 'event-invalid', ['/id empty']],
  ['an id of spaces', structured, envelope({ id: '  ' }), 'event-invalid', ['/id empty']],
  ['an id of 257 bytes', structured, envelope({ id: 'x'.repeat(257) }), 'event-invalid', ['/id too-long']],
  [
    'a control character in an id',
    structured,
    envelope({ id: 'a\u0000' }),
    'event-invalid',
    ['/id forbidden-character'],
  ],
  [
    'half a surrogate pair',
    structured,
    '{"specversion":"1.0","id":"\\ud800","source":"/x","type":"t"}',
    'event-invalid',
    ['/id forbidden-character'],
  ],
  ['a number as id', structured, envelope({ id: 1 }), 'event-invalid', ['/id not-a-string']],
  [
    'a source that is no URI',
    structured,
    envelope({ source: 'a b' }),
    'event-invalid',
    ['/source not-a-uri-reference'],
  ],
  ['a relative dataschema', structured, envelope({ dataschema: '/s' }), 'event-invalid', ['/dataschema not-a-uri']],
  ['the time yesterday', { ...binary, 'ce-time': 'yesterday' }, '{}', 'event-invalid', ['ce-time not-a-time']],
  ['month 13', structured, envelope({ time: '2026-13-01T00:00:00Z' }), 'event-invalid', ['/time not-a-time']],
  [
    'data and data_base64',
    structured,
    envelope({ data: 1, data_base64: 'AA==' }),
    'event-invalid',
    ['/data_base64 conflict'],
  ],
  ['bad base64', structured, envelope({ data_base64: 'A-_=' }), 'event-invalid', ['/data_base64 not-base64']],
  ['an object as attribute', structured, envelope({ extension: {} }), 'event-invalid', ['/extension not-a-scalar']],
  ['an attribute name in capitals', structured, envelope({ userId: 'x' }), 'event-invalid', ['/userId name-invalid']],
  [
    '__proto__',
    structured,
    `${envelope({}).slice(0, -1)},"__proto__":"x"}`,
    'event-invalid',
    ['/__proto__ name-invalid'],
  ],
  [
    'constructor.prototype',
    structured,
    envelope({ constructor: { prototype: { x: 1 } } }),
    'event-invalid',
    ['/constructor not-a-scalar'],
  ],
  [
    'a name that stands twice',
    structured,
    `${envelope({}).slice(0, -1)},"i\\u0064":"2"}`,
    'event-invalid',
    ['/id duplicate'],
  ],
  [
    'headers that contradict the envelope',
    { ...structured, 'ce-id': '2' },
    envelope({}),
    'event-invalid',
    ['ce-id conflict'],
  ],
  [
    'line breaks in a value',
    { ...binary, 'ce-subject': 'a%0d%0ax-evil: 1' },
    '{}',
    'event-invalid',
    ['ce-subject forbidden-character'],
  ],
  ['bytes that are no UTF-8', { ...binary, 'ce-subject': '%ff' }, '{}', 'event-invalid', ['ce-subject not-ascii']],
  [
    'ce-datacontenttype',
    { ...binary, 'ce-datacontenttype': 'text/plain' },
    '{}',
    'event-invalid',
    ['ce-datacontenttype not-allowed'],
  ],
  [
    '51 attributes',
    structured,
    envelope(Object.fromEntries(Array.from({ length: 47 }, (_, i) => [`x${i}`, 'y']))),
    'event-invalid',
    [' too-many-attributes'],
  ],
  [
    'attributes that no header block holds',
    structured,
    envelope({ subject: '€'.repeat(2_000) }),
    'event-invalid',
    [' attributes-too-large'],
  ],
  ['a key of 1,025 bytes', structured, envelope({ partitionkey: 'x'.repeat(1_025) }), 'event-invalid', [' too-long']],
]

const statusOf: Record<string, number> = {
  'event-invalid': 400,
  'request-malformed': 400,
  'unknown-field': 400,
  'event-too-large': 413,
  'type-unsupported': 415,
  'encoding-unsupported': 415,
}

type Fault = { pointer?: string; header?: string; query?: string; code: string }
const shown = ({ pointer, header, query, code }: Fault) => `${pointer || header || query || ''} ${code}`

for (const [what, headers, body, code, faults] of rows) {
  test(`refuses ${what}: ${code}`, async () => {
    const answer = await door.post({ headers, payload: body })
    const problem = answer.json()
    assert.deepEqual([answer.statusCode, problem.code], [statusOf[code], code], answer.body)
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
    if (faults !== undefined) assert.deepEqual(problem.errors.map(shown), faults)
    assert.equal(door.stored.length, 0)
  })
}

const queries: [string, string, string][] = [
  ['?key=', 'event-invalid', 'key empty'],
  [`?key=${'x'.repeat(1_025)}`, 'event-invalid', 'key too-long'],
  ['?key=a%0D%0Ax-evil:1', 'event-invalid', 'key forbidden-character'],
  ['?key=a%0Ab', 'event-invalid', 'key forbidden-character'],
  ['?key=a&key=b', 'request-malformed', 'key wrong-type'],
  ['?kye=a', 'unknown-field', 'kye unknown-field'],
  [`?type=${'x'.repeat(257)}`, 'event-invalid', 'type too-long'],
  ['?subject=', 'event-invalid', 'subject empty'],
  ['?subject=a%0Ab', 'event-invalid', 'subject forbidden-character'],
]
for (const [query, code, fault] of queries) {
  test(`refuses the query ${query.slice(0, 20)}: ${code}`, async () => {
    const answer = await door.post({ headers: json, payload: '1', url: `/v1/streams/orders/events${query}` })
    assert.deepEqual([answer.statusCode, answer.json().code, answer.json().errors.map(shown)], [400, code, [fault]])
    assert.equal(door.stored.length, 0)
  })
}

test('a type in the query of a CloudEvent is refused: nothing is added to it', async () => {
  for (const [headers, payload] of [
    [binary, '{}'],
    [structured, envelope({})],
  ] as const) {
    const answer = await door.post({ headers, payload, url: '/v1/streams/orders/events?type=a' })
    assert.deepEqual(answer.json().errors.map(shown), ['type not-allowed'])
  }
})

const good: [string, Headers, string | Buffer][] = [
  ['numbers that no double holds', json, '{"a":[9007199254740993,1e400,1.0,-0]}'],
  ['any plain JSON value', json, 'null'],
  ['exactly 64 KiB', json, `"${'x'.repeat(65_534)}"`],
  ['the largest event', json, `"${'x'.repeat(524_286)}"`],
  ['bytes of an unknown type', { 'content-type': 'application/x-thing' }, Buffer.from([0, 255, 1])],
  ['nine fraction digits', structured, envelope({ time: '2026-11-21T10:00:00.123456789Z' })],
  ['the year 9999', structured, envelope({ time: '9999-12-31T23:59:59Z' })],
  ['the year 1970', structured, envelope({ time: '1970-01-01T00:00:00Z' })],
  ['the year 2100', structured, envelope({ time: '2100-01-01T00:00:00Z' })],
  ['prototype names inside data', structured, envelope({ data: JSON.parse('{"__proto__":{"x":1},"constructor":1}') })],
  ['an attribute that is null', structured, envelope({ subject: null })],
  ['headers that agree with the envelope', { ...structured, 'ce-id': '1' }, envelope({})],
]
for (const [what, headers, body] of good) {
  test(`stores ${what} as it came`, async () => {
    const answer = await door.post({ headers, payload: body })
    assert.equal(answer.statusCode, 202, answer.body)
    assert.deepEqual(door.stored[0]?.value, Buffer.from(body))
    assert.equal(Reflect.get({}, 'x'), undefined)
  })
}

test('what only a server may say is not taken from a publisher', async () => {
  const headers = {
    ...json,
    'webhook-signature': 'v1,x',
    'x-forwarded-for': '1.2.3.4',
    traceparent: 'rubbish',
    tailrace_key_id: 'x',
  }
  await door.post({ headers, payload: '1' })
  const names = Object.keys(door.stored[0]?.headers ?? {})
  assert.deepEqual(
    names.filter((name) => /signature|forwarded/.test(name)),
    [],
  )
  assert.match(door.stored[0]?.headers.traceparent ?? '', /^00-/)
  assert.notEqual(door.stored[0]?.headers.tailrace_key_id, 'x')
})

test('a key of any characters or bytes is the same key each time', async () => {
  for (const key of ['%F0%9F%98%80', '%ff%fe', 'a%2Fb%20c']) {
    for (let time = 0; time < 2; time += 1) {
      await door.post({ headers: json, payload: '1', url: `/v1/streams/orders/events?key=${key}` })
    }
    const [first, second] = door.stored.splice(0)
    assert.ok(first?.key instanceof Buffer)
    assert.deepEqual(first.key, second?.key)
  }
})
