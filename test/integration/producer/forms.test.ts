import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { type TestContext, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { Value } from 'typebox/value'
import { publishedMany } from '#shared/http/publish-shapes.ts'
import { uniqueName } from '../../support/dependencies.ts'
import { until } from '../../support/until.ts'
import { createInstallation, type Installation, runProducer } from './fixture.ts'

type Headers = Record<string, string>
type Result = { index: number; status: number; id: string; code?: string; partition: number; offset: number }

const json = { 'content-type': 'application/json' }
const structured = { 'content-type': 'application/cloudevents+json' }
const batch = { 'content-type': 'application/cloudevents-batch+json' }
const lines = { 'content-type': 'application/x-ndjson' }
const gzip = { 'content-encoding': 'gzip' }

const event = (id: string | number, more: object = {}) =>
  JSON.stringify({ specversion: '1.0', id: `${id}`, source: '/x', type: 't', ...more })

async function setUp(t: TestContext, prepare?: (installation: Installation) => Promise<void>) {
  const installation = await createInstallation(t)
  await prepare?.(installation)
  const topic = await installation.createStream('orders')
  const records = await installation.follow(topic)
  const key = await installation.createKey(['publish:*'])
  const publish = await runProducer(installation)
  const post = (headers: Headers, body: string | Buffer, stream = 'orders') =>
    publish(`${stream}/events`, { key, body: Buffer.from(body), headers })
  return { installation, records, post }
}

type Example = { examples: { repository?: { full_name: string } }[] }
const load = createRequire(import.meta.url)
const payloads = (load('@octokit/webhooks-examples') as Example[]).flatMap(({ examples }) => examples).slice(0, 200)

test('a batch, lines and their compressed twins arrive byte for byte, each where its result says, in order per key', async (t) => {
  const { records, post } = await setUp(t)
  const elements = (name: string) =>
    payloads.map((data, index) => event(`${name}-${index}`, { partitionkey: data.repository?.full_name, data }))
  const sent: [Headers, Buffer, string[]][] = []
  for (const [name, compress] of [
    ['', Buffer.from],
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const) {
    const encoding: Headers = name === '' ? {} : { 'content-encoding': name }
    const [inBatch, inLines] = [elements(`batch-${name}`), elements(`lines-${name}`)]
    sent.push([{ ...batch, ...encoding }, compress(Buffer.from(`[${inBatch.join(' ,\n')}]`)), inBatch])
    sent.push([{ ...lines, ...encoding }, compress(Buffer.from(inLines.join('\r\n'))), inLines])
  }
  const placed: { text: string; result: Result }[] = []
  for (const [headers, body, texts] of sent) {
    const { status, json } = await post(headers, body)
    assert.equal(status, 202, JSON.stringify(json).slice(0, 500))
    assert.equal(json.stored, texts.length)
    assert.deepEqual(Value.Errors(publishedMany, json), [], 'as the OpenAPI document says')
    const results = json.results as Result[]
    texts.forEach((text, index) => void placed.push({ text, result: results[index] as Result }))
  }
  await until('all records are read', () => records.length === placed.length)
  const at = new Map(records.map((record) => [`${record.partition}-${record.offset}`, record]))
  const last = new Map<string, number>()
  for (const { text, result } of placed) {
    const record = at.get(`${result.partition}-${result.offset}`)
    assert.ok(record?.value?.equals(Buffer.from(text)) === true, `${result.id} has other bytes`)
    assert.equal(record.headers.ce_id, result.id)
    const key = record.key?.toString() ?? ''
    if (key !== '') assert.ok(result.offset > (last.get(key) ?? -1), `${result.id} is before an earlier one of its key`)
    if (key !== '') last.set(key, result.offset)
  }
})

const bad: [what: string, headers: Headers, body: string | Buffer, status: number, code: string][] = [
  ['an empty body', json, '', 400, 'event-invalid'],
  ['an empty structured event', structured, '', 400, 'event-invalid'],
  ['only white space', json, ' \n', 400, 'event-invalid'],
  ['a trailing comma', json, '{"a":1,}', 400, 'event-invalid'],
  ['a structured event that is an array', structured, '[]', 400, 'event-invalid'],
  ['a body over the limit', json, `"${'x'.repeat(524_287)}"`, 413, 'event-too-large'],
  ['nesting of 500,000', json, '['.repeat(500_000), 400, 'event-invalid'],
  ['250,000 elements', json, `[${'1,'.repeat(250_000)}1]`, 400, 'event-invalid'],
  ['__proto__ in an envelope', structured, event(1).replace('}', ',"__proto__":"x"}'), 400, 'event-invalid'],
  ['invalid UTF-8', json, Buffer.from([0x22, 0xff, 0x22]), 400, 'event-invalid'],
  ['a byte order mark', json, '\ufeff{}', 400, 'event-invalid'],
  ['UTF-16', { 'content-type': 'application/json; charset=utf-16' }, '{}', 415, 'type-unsupported'],
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'a=1', 415, 'type-unsupported'],
  ['no content type', {}, '{}', 415, 'type-unsupported'],
  ['a gzip bomb of 200 MiB', { ...json, ...gzip }, gzipSync(Buffer.alloc(209_715_200)), 413, 'event-too-large'],
  ['a gzip bomb as lines', { ...lines, ...gzip }, gzipSync(Buffer.alloc(209_715_200)), 413, 'request-too-large'],
  ['brotli', { ...json, 'content-encoding': 'br' }, Buffer.from([0x8b]), 415, 'encoding-unsupported'],
  ['twice gzip', { ...json, 'content-encoding': 'gzip, gzip' }, gzipSync(gzipSync('{}')), 415, 'encoding-unsupported'],
  ['truncated gzip', { ...json, ...gzip }, gzipSync('{}').subarray(0, -1), 400, 'request-malformed'],
  [
    'garbage behind gzip',
    { ...json, ...gzip },
    Buffer.concat([gzipSync('{}'), Buffer.from('x')]),
    400,
    'request-malformed',
  ],
  [
    'two members of gzip',
    { ...json, ...gzip },
    Buffer.concat([gzipSync('{}'), gzipSync('{}')]),
    400,
    'request-malformed',
  ],
  ['an envelope without anything', structured, '{}', 400, 'event-invalid'],
  ['specversion 0.3', structured, event(1, { specversion: '0.3' }), 400, 'event-invalid'],
  ['an id of spaces', structured, event('  '), 400, 'event-invalid'],
  ['a source that is no URI', structured, event(1, { source: 'a b' }), 400, 'event-invalid'],
  ['the time yesterday', structured, event(1, { time: 'yesterday' }), 400, 'event-invalid'],
  ['data and data_base64', structured, event(1, { data: 1, data_base64: 'AA==' }), 400, 'event-invalid'],
  ['conflicting ids', { ...structured, 'ce-id': '2' }, event(1), 400, 'event-invalid'],
  ['an empty batch', batch, '[]', 400, 'event-invalid'],
  ['1,001 events', batch, `[${Array.from({ length: 1_001 }, (_, id) => event(id))}]`, 413, 'too-many-events'],
  ['10,001 lines', lines, '1\n'.repeat(10_001), 413, 'too-many-events'],
  [
    'one bad event of 100',
    batch,
    `[${Array.from({ length: 100 }, (_, id) => event(id, id === 99 ? { source: '' } : {}))}]`,
    400,
    'event-invalid',
  ],
  ['a bad last line', lines, `${'1\n'.repeat(500)}{`, 400, 'event-invalid'],
  [
    'an event over its limit in a batch',
    batch,
    `[${event(1)},${event(2, { data: 'x'.repeat(600_000) })}]`,
    413,
    'event-too-large',
  ],
  ['a request over its limit', lines, Buffer.alloc(8_388_609, '1'), 413, 'request-too-large'],
  ['a key of 400 KB', structured, event(1, { partitionkey: 'x'.repeat(400_000) }), 400, 'event-invalid'],
]

test('bad forms and bodies are refused by their code, and no record is written', async (t) => {
  const { records, post } = await setUp(t)
  for (const [what, headers, body, status, code] of bad) {
    await t.test(`${what}: ${status} ${code}`, async () => {
      const answer = await post(headers, body)
      assert.deepEqual([answer.status, answer.json.code], [status, code], JSON.stringify(answer.json).slice(0, 500))
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
    })
  }
  // One good event for each of the three partitions: when these are read, nothing else stands before them.
  const good = await post(
    lines,
    ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => event(key, { partitionkey: key })).join('\n'),
  )
  assert.equal(good.status, 202, JSON.stringify(good.json))
  assert.equal(new Set((good.json.results as Result[]).map(({ partition }) => partition)).size, 3)
  await until('the good events are read', () => records.length >= 6)
  assert.deepEqual(records.map(({ headers }) => headers.ce_id).sort(), ['a', 'b', 'c', 'd', 'e', 'f'])
})

test('the same event twice in a batch is one record', async (t) => {
  const { records, post } = await setUp(t)
  const { status, json } = await post(batch, `[${event(1)},${event(2)},${event(1)}]`)
  assert.deepEqual([status, json.stored], [202, 2])
  const [first, , third] = json.results as Result[]
  assert.deepEqual({ ...third, index: 0 }, first)
  await until('both records are read', () => records.length >= 2)
  assert.equal((await post(batch, `[${event(3)}]`)).status, 202)
  await until('the last record is read', () => records.some(({ headers }) => headers.ce_id === '3'))
  assert.equal(records.length, 3)
})

test('when Kafka refuses one event of a batch, what is behind it in its partition is not stored', async (t) => {
  const topic = uniqueName('narrow')
  const { installation, post } = await setUp(t, async (installation) => {
    await installation.createTopic(topic, { 'min.insync.replicas': '2', 'max.message.bytes': '2000' })
    await installation.createStream('narrow', { topic, partitions: 1 })
  })
  const records = await installation.follow(topic)
  const large = event('large', { data: 'x'.repeat(5_000) })
  const { status, json } = await post(batch, `[${event('a')},${large},${event('b')}]`, 'narrow')
  assert.deepEqual([status, json.code, json.stored], [503, 'batch-incomplete', 1], JSON.stringify(json))
  assert.deepEqual(
    (json.results as Result[]).map(({ id, status, code }) => [id, status, code]),
    [
      ['a', 202, undefined],
      ['large', 413, 'event-too-large'],
      ['b', 503, 'batch-incomplete'],
    ],
  )
  assert.equal((await post(batch, `[${event('c')}]`, 'narrow')).status, 202)
  await until('the event behind them is read', () => records.length >= 2)
  assert.deepEqual(
    records.map(({ headers }) => headers.ce_id),
    ['a', 'c'],
  )
})
