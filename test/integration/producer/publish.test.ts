import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { type TestContext, test } from 'node:test'
import type { StoredRecord } from '#shared/event/record.ts'
import { uniqueName } from '../../support/dependencies.ts'
import { until } from '../../support/until.ts'
import { createInstallation, runProducer } from './fixture.ts'

type Form = 'plain' | 'binary' | 'structured'
type Example = { name: string; examples: { repository?: { full_name: string } }[] }
type Sent = { form: Form; body: Buffer; id: string | null; key: string }

const jsonType = { 'content-type': 'application/json' }
const load = createRequire(import.meta.url)
const examples = load('@octokit/webhooks-examples') as Example[]

/** Every example in all three forms: what is sent, and under which id and key. */
const published: Sent[] = examples.flatMap(({ name, examples: payloads }) =>
  payloads.flatMap((payload, index) =>
    (['plain', 'binary', 'structured'] as const).map((form) => sentAs(form, `${name}-${index}-${form}`, payload)),
  ),
)

function sentAs(form: Form, id: string, payload: { repository?: { full_name: string } }): Sent {
  const key = payload.repository?.full_name ?? 'none'
  const data = JSON.stringify(payload)
  const envelope = `{"specversion" : "1.0","id":"${id}","source":"/github","type":"push","partitionkey":"${key}","data":${data}}`
  return { form, body: Buffer.from(form === 'structured' ? envelope : data), id: form === 'plain' ? null : id, key }
}

function headersOf({ form, id, key }: Sent): Record<string, string> {
  if (form === 'structured') return { 'content-type': 'application/cloudevents+json; charset=utf-8' }
  const json = { 'content-type': 'application/json' }
  if (form === 'plain' || id === null) return json
  return {
    ...json,
    'ce-specversion': '1.0',
    'ce-id': id,
    'ce-source': '/github',
    'ce-type': 'push',
    'ce-partitionkey': key,
  }
}

async function setUp(t: TestContext) {
  const installation = await createInstallation(t)
  const topic = await installation.createStream('github', { defaultType: 'com.github' })
  const key = await installation.createKey(['publish:*'])
  const publish = await runProducer(installation)
  const post = (query: string, body: Buffer, headers: Record<string, string>) =>
    publish(`github/events${query}`, { key, body, headers })
  return { installation, topic, post }
}

test('every payload of GitHub arrives in the log byte for byte, in all three forms, in order per key', async (t) => {
  const { installation, topic, post } = await setUp(t)
  const records = await installation.follow(topic)
  const positions = new Map<Sent, { partition: number; offset: number }>()
  for (const sent of published) {
    const query = sent.form === 'plain' ? `?key=${encodeURIComponent(sent.key)}` : ''
    const { status, json } = await post(query, sent.body, headersOf(sent))
    assert.equal(status, 202, JSON.stringify(json))
    positions.set(sent, { partition: json.partition as number, offset: json.offset as number })
  }
  await until('all records are read', () => records.length === published.length)
  const at = new Map(records.map((record) => [`${record.partition}-${record.offset}`, record]))
  assert.equal(at.size, published.length)
  const lastOfKey = new Map<string, { partition: number; offset: number }>()
  for (const [sent, place] of positions) {
    const record = at.get(`${place.partition}-${place.offset}`)
    assert.ok(record?.value?.equals(sent.body) === true, `${sent.id} has other bytes`)
    assert.equal(record.key?.toString(), sent.key)
    if (sent.id !== null) assert.equal(record.headers.ce_id, sent.id)
    const before = lastOfKey.get(sent.key)
    if (before !== undefined) assert.ok(before.partition === place.partition && before.offset < place.offset)
    lastOfKey.set(sent.key, place)
  }
})

test('a plain event gets its defaults as attributes, and the answer names where it is', async (t) => {
  const { installation, topic, post } = await setUp(t)
  const records = await installation.follow(topic)
  const answer = await post('?subject=one', Buffer.from('Hello, World!'), { 'content-type': 'text/plain' })
  const { id, partition, offset, webhookId } = answer.json
  assert.deepEqual(answer.json, {
    ...{ id, source: '/keys/shop-backend', webhookId, stream: 'github', partition, offset },
    ...{ position: `github-${partition}-${offset}`, replayed: false, subscriptions: 0 },
  })
  assert.equal(answer.headers['tailrace-dedup'], 'off')
  assert.match(String(webhookId), /^evt_[A-Za-z0-9_-]{22}$/)
  const record = await until<StoredRecord | undefined>('the record is read', () => records[0])
  const { traceparent, tailrace_received, tailrace_key_id, ...headers } = record.headers
  assert.deepEqual(headers, {
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: '/keys/shop-backend',
    ce_type: 'com.github',
    ce_time: tailrace_received,
    ce_subject: 'one',
    'content-type': 'text/plain',
    tailrace_instance: 'producer-t',
  })
  assert.match(traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  assert.match(tailrace_key_id ?? '', /^[0-9A-Za-z]{12}$/)
  assert.equal(record.value?.toString(), 'Hello, World!')
  assert.equal(record.key, null)
})

test('a binary event without data is stored with an empty value, never without one', async (t) => {
  const { installation, topic, post } = await setUp(t)
  const records = await installation.follow(topic)
  const attributes = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/x', 'ce-type': 'ping' }
  assert.equal((await post('', Buffer.alloc(0), attributes)).status, 202)
  const record = await until<StoredRecord | undefined>('the record is read', () => records[0])
  assert.equal(record.value?.length, 0)
})

test('a stream and a key made after the start are known with the first request for which the catalog could be read', async (t) => {
  const installation = await createInstallation(t)
  const publish = await runProducer(installation)
  await installation.createStream('late')
  const key = await installation.createKey(['publish:late'])
  const { status, json } = await until('the catalog is read', async () => {
    const answer = await publish('late/events', { key, body: Buffer.from('1'), headers: jsonType })
    return answer.json.code !== 'catalog-stale' && answer
  })
  assert.equal(status, 202, JSON.stringify(json))
})

test('nothing is written to a bound topic that could lose what was acknowledged', async (t) => {
  const installation = await createInstallation(t)
  const topic = uniqueName('foreign')
  await installation.createTopic(topic, { 'min.insync.replicas': '1' })
  await installation.createStream('foreign', { topic, partitions: 1 })
  const key = await installation.createKey(['publish:*'])
  const publish = await runProducer(installation)
  const { status, json } = await publish('foreign/events', { key, body: Buffer.from('1'), headers: jsonType })
  assert.deepEqual([status, json.code], [503, 'kafka-unavailable'])
  assert.match(String(json.detail), /min\.insync\.replicas is 1/)
})
