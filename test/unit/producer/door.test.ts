import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { TailraceError } from '#shared/errors.ts'
import { type Door, openDoor, streamNamed } from './door.ts'

const json = { 'content-type': 'application/json' }

function doorOf(t: TestContext, options?: Parameters<typeof openDoor>[0]): Door {
  const door = openDoor(options)
  t.after(() => door.close())
  return door
}

test('no credential, a wrong one and an expired one are 401 before anything else is looked at', async (t) => {
  const door = doorOf(t)
  const past = new Date(Date.now() - 1_000).toISOString()
  const wrongSecret = `${door.key.slice(0, -1)}${door.key.endsWith('x') ? 'y' : 'x'}`
  const cases: [string | undefined, string][] = [
    [undefined, 'credential-missing'],
    ['Basic abc', 'credential-invalid'],
    ['Bearer rubbish', 'credential-invalid'],
    [`Bearer ${wrongSecret}`, 'credential-invalid'],
    ['Bearer tr_000000000000_0000000000000000000000000000000000000000000', 'credential-invalid'],
    [`Bearer ${door.keyWith(['publish:*'], { expiresAt: past })}`, 'credential-invalid'],
    [`Bearer ${door.keyWith(['publish:*'], { validUntil: past })}`, 'credential-invalid'],
  ]
  for (const [authorization, code] of cases) {
    const headers = { 'content-type': 'multipart/form-data', ...(authorization === undefined ? {} : { authorization }) }
    const answer = await door.app.inject({ method: 'POST', url: '/v1/streams/orders/events', headers, payload: 'x' })
    assert.deepEqual([answer.statusCode, answer.json().code], [401, code], authorization)
    assert.equal(answer.headers['www-authenticate'], 'Bearer')
    assert.ok(!answer.body.includes('tr_'))
  }
})

test('a credential in the query string is refused even beside a good one, and not repeated in the answer', async (t) => {
  const door = doorOf(t)
  for (const query of [`key=${door.key}`, 'access_token=x', 'api_key=x', `x=${door.key.replaceAll('_', '%5F')}`]) {
    const answer = await door.post({ url: `/v1/streams/orders/events?${query}`, headers: json, payload: '1' })
    assert.deepEqual([answer.statusCode, answer.json().code], [401, 'credential-invalid'], query)
    assert.ok(!answer.body.includes('?'))
  }
})

test('without the scope the answer is the same whether the stream exists or not', async (t) => {
  const door = doorOf(t)
  const authorization = `Bearer ${door.keyWith(['publish:other', 'manage'])}`
  const answers = ['orders', 'nowhere'].map(async (stream) => {
    const { statusCode, body } = await door.post({ stream, headers: { ...json, authorization }, payload: '1' })
    return { statusCode, body: body.replaceAll(stream, '*').replace(/req_\w+/, 'req') }
  })
  const [existing, missing] = await Promise.all(answers)
  assert.equal(existing?.statusCode, 403)
  assert.deepEqual(existing, missing)
})

test('an unknown stream is 404 with the nearest name and the command that creates it', async (t) => {
  const door = doorOf(t)
  const answer = await door.post({ stream: 'order', headers: json, payload: '1' })
  assert.deepEqual([answer.statusCode, answer.json().code], [404, 'stream-unknown'])
  assert.match(answer.json().detail, /The nearest is orders\. .*PUT .*\/v1\/streams\/order"/)
  assert.equal(door.catalog.catchUps, 1)
})

test('a stream that was created a moment ago is found by reading the catalog to its end', async (t) => {
  const door = doorOf(t)
  door.catalog.onCatchUp = () => door.streams.set('fresh', streamNamed('fresh'))
  assert.equal((await door.post({ stream: 'fresh', headers: json, payload: '1' })).statusCode, 202)
})

test('when the catalog cannot be read, nobody is told that something does not exist', async (t) => {
  const door = doorOf(t)
  door.catalog.isCaughtUp = false
  const headers = { authorization: 'Bearer tr_000000000000_0000000000000000000000000000000000000000000', ...json }
  for (const request of [{ stream: 'order', headers: json }, { headers }]) {
    const answer = await door.post({ ...request, payload: '1' })
    assert.deepEqual(
      [answer.statusCode, answer.json().code, answer.headers['retry-after']],
      [503, 'catalog-stale', '1'],
    )
  }
})

test('a catalog older than a minute is not trusted', async (t) => {
  const door = doorOf(t)
  door.catalog.staleMs = 60_001
  const answer = await door.post({ headers: json, payload: '1' })
  assert.deepEqual([answer.statusCode, answer.json().code], [503, 'catalog-stale'])
})

test('a stream name that cannot exist is refused, and no path leads anywhere else', async (t) => {
  const door = doorOf(t)
  const statuses: [string, number][] = [
    ['%2e%2e%2fx', 400],
    ['__consumer_offsets', 400],
    ['%00', 400],
    ['x'.repeat(250), 400],
    ['../x', 404],
    ['%zz', 400],
  ]
  for (const [stream, status] of statuses) {
    const answer = await door.post({ stream, headers: json, payload: '1' })
    assert.equal(answer.statusCode, status, stream)
    assert.match(String(answer.headers['content-type']), /problem/)
  }
  assert.equal(door.stored.length, 0)
})

test('when Kafka does not answer in time the outcome is unknown, and a late answer changes nothing', async (t) => {
  const late = Promise.withResolvers<number>()
  const door = doorOf(t, { append: () => late.promise, deadlineMs: 30 })
  const answer = await door.post({ headers: json, payload: '1' })
  assert.deepEqual([answer.statusCode, answer.json().code, answer.json().retryable], [503, 'outcome-unknown', true])
  assert.equal(answer.headers['retry-after'], '1')
  late.reject(new TailraceError('kafka-unavailable', 'too late'))
  await late.promise.catch(() => {})
})

test('what the lane refuses is the answer: code, Retry-After and detail', async (t) => {
  const append = () =>
    Promise.reject(new TailraceError('kafka-unavailable', 'not acknowledged', { retryAfterMs: 2_000 }))
  const door = doorOf(t, { append })
  const answer = await door.post({ headers: json, payload: '1' })
  const { requestId, ...problem } = answer.json()
  assert.deepEqual(problem, {
    type: 'urn:tailrace:error:kafka-unavailable',
    title: 'The log cannot be written now',
    status: 503,
    code: 'kafka-unavailable',
    detail: 'not acknowledged',
    retryable: true,
    retryAfterMs: 2_000,
    instance: '/v1/streams/orders/events',
  })
  assert.match(requestId, /^req_[0-9a-z]+$/)
  assert.equal(answer.headers['retry-after'], '2')
})

test('bytes in work are bounded: what exceeds them is refused at once, and room comes back with each answer', async (t) => {
  const waiting: ((offset: number) => void)[] = []
  const append = () => new Promise<number>((resolve) => void waiting.push(resolve))
  const door = doorOf(t, { append, limits: { TAILRACE_LIMIT_INFLIGHT_BYTES: 250_000 } })
  const post = () => door.post({ headers: json, payload: `"${'x'.repeat(99_998)}"` })
  const first = [post(), post()]
  const refused = await post()
  assert.deepEqual([refused.statusCode, refused.json().code], [503, 'overloaded'])
  while (waiting.length < 2) await new Promise(setImmediate)
  for (const answer of waiting) answer(7)
  assert.deepEqual(
    (await Promise.all(first)).map(({ statusCode }) => statusCode),
    [202, 202],
  )
  const again = post()
  while (waiting.length < 3) await new Promise(setImmediate)
  waiting[2]?.(8)
  assert.equal((await again).statusCode, 202)
})
