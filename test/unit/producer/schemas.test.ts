import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Stream } from '#shared/catalog/model.ts'
import { TailraceError } from '#shared/errors.ts'
import { keepSchemas } from '../../../services/producer/schemas.ts'
import { openDoor, streamNamed } from './door.ts'

const json = { 'content-type': 'application/json' }
const schema = { type: 'object', required: ['total'], properties: { total: { type: 'number' } } }

function doorWith(t: TestContext, changes: Partial<Stream>) {
  const door = openDoor()
  t.after(() => door.close())
  door.streams.set('orders', { ...streamNamed('orders'), ...changes })
  return door
}

test('an event that violates the schema of its stream is refused with the place, and not stored', async (t) => {
  const door = doorWith(t, { schema })
  const answer = await door.post({ headers: json, payload: '{"total":"much"}' })
  assert.deepEqual([answer.statusCode, answer.json().code], [422, 'schema-violation'])
  assert.deepEqual(
    answer.json().errors.map(({ pointer, code }: { pointer: string; code: string }) => [pointer, code]),
    [['/total', 'wrong-type']],
  )
  assert.equal(answer.json().retryable, false)
  assert.equal(door.stored.length, 0)
})

test('an event as the schema wants it is stored with its bytes as they came', async (t) => {
  const door = doorWith(t, { schema })
  assert.equal((await door.post({ headers: json, payload: '{ "total": 1.50 }' })).statusCode, 202)
  assert.equal(door.stored[0]?.value?.toString(), '{ "total": 1.50 }')
})

test('binary and structured events are checked like plain ones', async (t) => {
  const door = doorWith(t, { schema })
  const binary = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/s', 'ce-type': 't' }
  const good = { specversion: '1.0', id: '1', source: '/s', type: 't', data: { total: 1 } }
  const envelope = { 'content-type': 'application/cloudevents+json' }
  const requests: [Record<string, string>, string, string | undefined][] = [
    [{ ...json, ...binary }, '{"total":1}', undefined],
    [{ ...json, ...binary }, '{}', '/total'],
    [binary, '', ''],
    [envelope, JSON.stringify(good), undefined],
    [envelope, JSON.stringify({ ...good, data: {} }), '/data/total'],
    [{ 'content-type': 'text/plain' }, '{"total":1}', ''],
  ]
  for (const [headers, payload, pointer] of requests) {
    const answer = await door.post({ headers, payload })
    assert.equal(answer.statusCode, pointer === undefined ? 202 : 422, payload)
    assert.equal(answer.json().errors?.[0].pointer, pointer, payload)
  }
})

const batch = { 'content-type': 'application/cloudevents-batch+json' }
const lines = { 'content-type': 'application/x-ndjson' }
const event = (id: number, members: object = { data: { total: id } }) => {
  return { specversion: '1.0', id: `e${id}`, source: '/s', type: 't', ...members }
}

/** `index pointer code` of each fault. */
function placesOf(answer: { json(): { errors?: { index: number; pointer: string; code: string }[] } }): string[] {
  return (answer.json().errors ?? []).map(({ index, pointer, code }) => `${index} ${pointer} ${code}`)
}

test('one event of a batch that violates the schema refuses all of them, each bad one by its number', async (t) => {
  const door = doorWith(t, { schema })
  const bad = [event(2, { data: { total: 'x' } }), event(3, { data_base64: 'e30=' }), event(4, {})]
  const answer = await door.post({ headers: batch, payload: JSON.stringify([event(1), ...bad, event(5)]) })
  assert.deepEqual([answer.statusCode, answer.json().code], [422, 'schema-violation'])
  assert.deepEqual(placesOf(answer), ['1 /data/total wrong-type', '2 /data_base64 not-json', '3 /data not-json'])
  assert.equal(door.stored.length, 0)
})

test('each line is checked, be it an event or the data of one', async (t) => {
  const door = doorWith(t, { schema })
  const payload = ['{"total":1}', '', '{"id":7}', JSON.stringify(event(3, { data: {} })), '7'].join('\n')
  const answer = await door.post({ headers: lines, payload })
  assert.equal(answer.json().code, 'schema-violation')
  assert.deepEqual(placesOf(answer), ['1 /total missing', '2 /data/total missing', '3  wrong-type'])
  assert.equal(door.stored.length, 0)
})

test('every bad event of a batch is named before further violations of one', async (t) => {
  const door = doorWith(t, { schema: { items: { type: 'string' } } })
  const payload = JSON.stringify(Array.from({ length: 800 }, (_, id) => event(id, { data: [1, 2, 3] })))
  const answer = await door.post({ headers: batch, payload })
  const named = new Set(placesOf(answer).map((place) => place.split(' ')[0]))
  assert.equal(named.size, 800)
  assert.match(answer.json().detail, /800 of 800 events are wrong/)
})

test('a batch as the schema wants it is stored', async (t) => {
  const door = doorWith(t, { schema })
  const answer = await door.post({ headers: batch, payload: JSON.stringify([event(1), event(2)]) })
  assert.deepEqual([answer.statusCode, door.stored.length], [202, 2])
})

test('a changed stream is checked by its new schema, one without schema not at all', async (t) => {
  const door = doorWith(t, { schema })
  const post = async () => (await door.post({ headers: json, payload: '{}' })).statusCode
  assert.equal(await post(), 422)
  door.streams.set('orders', { ...streamNamed('orders'), schema: { type: 'object' } })
  assert.equal(await post(), 202)
  door.streams.set('orders', { ...streamNamed('orders'), schema: { required: ['id'] } })
  assert.equal(await post(), 422)
  door.streams.set('orders', streamNamed('orders'))
  assert.equal(await post(), 202)
})

test('a schema that this version cannot use refuses every event of its stream', async (t) => {
  const door = doorWith(t, { schema: { type: 'object', keywordOfTomorrow: 1 } })
  const answer = await door.post({ headers: json, payload: '{}' })
  assert.deepEqual([answer.statusCode, answer.json().code, answer.json().retryable], [503, 'catalog-stale', true])
  assert.match(answer.json().detail, /keywordOfTomorrow/)
  assert.equal(door.stored.length, 0)
})

function keeping(t: TestContext, streams: Stream[]) {
  const unusable: string[] = []
  let changed = () => {}
  const onChange = (listener: () => void) => {
    changed = listener
    return () => {}
  }
  const telemetry = { schemaUnusable: (stream: string) => void unusable.push(stream) }
  const schemas = keepSchemas({ catalog: { streams: () => streams, onChange }, telemetry })
  t.after(() => schemas.close())
  return { schemas, unusable, changed: () => changed() }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

test('a schema is compiled once for a revision of its stream', async (t) => {
  const one = { ...streamNamed('one'), schema }
  const { schemas } = keeping(t, [one])
  assert.equal(schemas.checkOf(one), schemas.checkOf(one))
  assert.notEqual(schemas.checkOf({ ...one, revision: 2 }), schemas.checkOf(one))
})

test('schemas are compiled ahead of their first event, and what is wrong with one is logged once', async (t) => {
  const streams: Stream[] = [{ ...streamNamed('broken'), schema: { nonsense: 1 } }, streamNamed('free')]
  const { schemas, unusable, changed } = keeping(t, streams)
  for (let turns = 0; turns < 5; turns += 1) await nextTurn()
  assert.deepEqual(unusable, ['broken'])
  assert.throws(() => schemas.checkOf(streams[0] as Stream), TailraceError)
  assert.deepEqual(unusable, ['broken'])
  streams.push({ ...streamNamed('broken-too'), schema: { nonsense: 1 } })
  changed()
  for (let turns = 0; turns < 5; turns += 1) await nextTurn()
  assert.deepEqual(unusable, ['broken', 'broken-too'])
})
