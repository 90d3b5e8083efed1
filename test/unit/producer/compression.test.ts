import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { openDoor } from './door.ts'

const limits = { TAILRACE_LIMIT_REQUEST_BYTES: 1_000_000, TAILRACE_LIMIT_EXPANDED_BYTES: 2_000_000 }
const door = openDoor({ limits: { ...limits, TAILRACE_LIMIT_INFLIGHT_BYTES: 5_000_000 } })
beforeEach(() => door.stored.splice(0))
after(() => door.close())

const json = { 'content-type': 'application/json' }
const lines = { 'content-type': 'application/x-ndjson' }
const gzip = { 'content-encoding': 'gzip' }

test('a compressed event is stored as it was before, whatever its form and encoding', async () => {
  const body = Buffer.from('{"a": 1.0}')
  const structured = Buffer.from('{"specversion":"1.0","id":"1","source":"/x","type":"t"}')
  const sent: [object, Buffer][] = [
    [json, body],
    [{ ...json, 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/x', 'ce-type': 't' }, body],
    [{ 'content-type': 'application/cloudevents+json' }, structured],
    [{ 'content-type': 'application/cloudevents-batch+json' }, Buffer.from(`[${structured}]`)],
    [{ 'content-type': 'application/x-thing' }, Buffer.from([0, 255, 1])],
  ]
  for (const [headers, payload] of sent) {
    for (const [encoding, compress] of [['gzip', gzipSync] as const, ['zstd', zstdCompressSync] as const]) {
      const answer = await door.post({
        headers: { ...headers, 'content-encoding': encoding },
        payload: compress(payload),
      })
      assert.equal(answer.statusCode, 202, answer.body)
    }
  }
  const values = door.stored.map(({ value }) => value)
  const expected = sent.map(([, payload]) => (payload.includes('[{') ? structured : payload))
  assert.deepEqual(
    values,
    expected.flatMap((value) => [value, value]),
  )
  assert.ok(door.stored.every(({ headers }) => headers['content-encoding'] === undefined))
})

const zeros = (bytes: number) => gzipSync(Buffer.alloc(bytes, '0\n'))
const noise = Buffer.from(Array.from({ length: 1_200_000 }, (_, index) => (index * 2_654_435_761) >>> 13))

const refused: [string, object, Buffer, number, string][] = [
  ['an event that expands beyond the limit of an event', json, zeros(600_000), 413, 'event-too-large'],
  ['lines that expand beyond the limit of a request', lines, zeros(2_000_001), 413, 'request-too-large'],
  ['a compressed body over the limit of a request', lines, noise, 413, 'request-too-large'],
  ['a compressed event over the limit of a request', json, noise, 413, 'request-too-large'],
  ['two members', json, Buffer.concat([zeros(2), zeros(2)]), 400, 'request-malformed'],
  ['a truncated body', json, zeros(1_000).subarray(0, -4), 400, 'request-malformed'],
  ['no body', json, Buffer.alloc(0), 400, 'request-malformed'],
]
for (const [what, headers, payload, status, code] of refused) {
  test(`refuses ${what}: ${code}`, async () => {
    const answer = await door.post({ headers: { ...headers, ...gzip }, payload })
    assert.deepEqual([answer.statusCode, answer.json().code], [status, code], answer.body)
    assert.equal(door.stored.length, 0)
  })
}

test('an unsupported encoding is answered with those that are taken', async () => {
  const answer = await door.post({ headers: { ...json, 'content-encoding': 'br' }, payload: '1' })
  assert.deepEqual([answer.statusCode, answer.headers['accept-encoding']], [415, 'gzip, zstd'])
})

test('what a body expands to is in work until its answer: without room it is refused, and the room comes back', async () => {
  const waiting: ((offset: number) => void)[] = []
  const append = () => new Promise<number>((resolve) => void waiting.push(resolve))
  const door = openDoor({ append, limits: { ...limits, TAILRACE_LIMIT_INFLIGHT_BYTES: 1_500_000 } })
  const post = () =>
    door.post({ headers: { ...lines, ...gzip }, payload: gzipSync(`"${'x'.repeat(500_000)}"\n`.repeat(2)) })
  const first = post()
  while (waiting.length < 2) await new Promise(setImmediate)
  const second = await post()
  assert.deepEqual([second.statusCode, second.json().code], [503, 'overloaded'])
  for (const answer of waiting.splice(0)) answer(1)
  assert.equal((await first).statusCode, 202)
  const third = post()
  while (waiting.length < 2) await new Promise(setImmediate)
  for (const answer of waiting) answer(1)
  assert.equal((await third).statusCode, 202)
  await door.close()
})

test('many small events take room for what they become', async () => {
  const door = openDoor({ limits: { TAILRACE_LIMIT_INFLIGHT_BYTES: 1_000_000 } })
  const post = (count: number) => door.post({ headers: lines, payload: '1\n'.repeat(count) })
  assert.equal((await post(300)).statusCode, 202)
  assert.equal((await post(1_000)).json().code, 'overloaded')
  assert.equal(door.stored.length, 300)
  await door.close()
})
