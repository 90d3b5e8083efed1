import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { Type } from 'typebox'
import { createHttpServer } from '#shared/http/server.ts'
import { defaultLimits } from '#shared/limits.ts'

const log = pino({ level: 'silent' })
const caller = { keyId: 'k', name: 'n', scopes: ['read'], rateLimit: null }

function serverOf(t: TestContext): FastifyInstance {
  const app = createHttpServer({
    ...{ log, limits: defaultLimits, bodies: 'json' as const, bodyLimitBytes: 1_000 },
    authenticate: () => caller,
    allows: (scopes, needed) => scopes.includes(needed),
  })
  t.after(() => app.close())
  const body = Type.Object(
    {
      name: Type.String({ minLength: 2 }),
      size: Type.Integer({ default: 6 }),
      nested: Type.Optional(Type.Object({ on: Type.Boolean() })),
    },
    { additionalProperties: false },
  )
  const querystring = Type.Object(
    { limit: Type.Integer({ default: 50, maximum: 500 }) },
    { additionalProperties: false },
  )
  app.put('/v1/things/:name', { schema: { body, querystring }, config: { scope: 'read' } }, async (request) => ({
    body: request.body,
    query: request.query,
    caller: request.caller,
  }))
  app.get('/v1/things', { config: { scope: 'operate' } }, async () => [])
  app.get('/v1/broken', async () => {
    throw new Error('the secret reason')
  })
  app.get('/open.txt', { config: { public: true } }, async () => 'x')
  return app
}

const put = (app: FastifyInstance, payload: string, query = '') =>
  app.inject({ method: 'PUT', url: `/v1/things/a${query}`, headers: { 'content-type': 'application/json' }, payload })

test('the limits and time-outs of node:http are ours', (t) => {
  const { server } = serverOf(t)
  assert.deepEqual(
    [
      server.headersTimeout,
      server.requestTimeout,
      server.timeout,
      server.keepAliveTimeout,
      server.maxRequestsPerSocket,
      server.maxHeadersCount,
    ],
    [5_000, 10_000, 130_000, 65_000, 100_000, 100],
  )
  assert.equal(Reflect.get(server, 'maxHeaderSize'), 16_384)
  assert.equal(Reflect.get(server, 'connectionsCheckingInterval'), 1_000)
  assert.equal(Reflect.get(server, 'insecureHTTPParser'), false)
  assert.equal(server.maxConnections, 2 * defaultLimits.TAILRACE_LIMIT_CONNECTIONS)
})

test('an unknown path is 404 and another method 405 with Allow', async (t) => {
  const app = serverOf(t)
  const missing = await app.inject({ url: '/v1/nothing' })
  assert.deepEqual([missing.statusCode, missing.json().code], [404, 'not-found'])
  for (const method of ['POST', 'TRACE', 'OPTIONS'] as const) {
    const wrong = await app.inject({ method, url: '/v1/things/a?x=1' })
    assert.deepEqual([wrong.statusCode, wrong.json().code, wrong.headers.allow], [405, 'method-not-allowed', 'PUT'])
    assert.equal(wrong.json().instance, '/v1/things/a')
  }
  assert.equal((await app.inject({ method: 'DELETE', url: '/v1/things' })).headers.allow, 'GET, HEAD')
})

test('what no route takes is refused as that, whatever its body and method', async (t) => {
  const app = serverOf(t)
  const bodies = [
    { headers: { 'content-type': 'text/plain' }, payload: 'x' },
    { headers: { 'content-type': 'application/json' }, payload: '{' },
    { headers: { 'content-type': 'json' }, payload: '{}' },
    {},
  ]
  for (const method of ['POST', 'DELETE', 'QUERY', 'PROPFIND']) {
    for (const body of bodies) {
      const request = { ...body, method: method as 'POST' }
      assert.equal((await app.inject({ ...request, url: '/v1/nothing' })).json().code, 'not-found')
      assert.equal((await app.inject({ ...request, url: '/v1/things/a' })).json().code, 'method-not-allowed')
    }
  }
})

test('a body gets its defaults; numbers in a query are read as numbers, in a body they are not', async (t) => {
  const app = serverOf(t)
  const answer = await put(app, '{"name":"abc"}', '?limit=7')
  assert.deepEqual(answer.json(), { body: { name: 'abc', size: 6 }, query: { limit: 7 }, caller })
  const wrong = await put(app, '{"name":"abc","size":"6"}')
  assert.deepEqual(wrong.json().errors, [{ pointer: '/size', code: 'wrong-type', detail: 'size must be integer' }])
})

test('all faults of a body are named at once, each with its pointer', async (t) => {
  const answer = await put(serverOf(t), '{"nested":{},"size":"x","other":1}')
  const problem = answer.json()
  assert.deepEqual([answer.statusCode, problem.code], [400, 'body-invalid'])
  const shown = problem.errors.map((fault: { pointer: string; code: string }) => `${fault.pointer} ${fault.code}`)
  assert.deepEqual(shown.sort(), ['/name missing', '/nested/on missing', '/other unknown-field', '/size wrong-type'])
})

test('members nobody knows are refused by name, with the nearest known one', async (t) => {
  const app = serverOf(t)
  const inBody = (await put(app, '{"name":"abc","siez":1}')).json()
  assert.deepEqual(
    [inBody.code, inBody.errors],
    [
      'unknown-field',
      [{ pointer: '/siez', code: 'unknown-field', detail: 'siez is not known here', fix: 'did you mean size?' }],
    ],
  )
  const inQuery = (await put(app, '{"name":"abc"}', '?limt=1')).json()
  assert.deepEqual([inQuery.code, inQuery.errors[0].query], ['unknown-field', 'limt'])
})

test('a body that is no JSON is refused with the position', async (t) => {
  const app = serverOf(t)
  const problem = (await put(app, '{"name":"abc",}')).json()
  assert.deepEqual(
    [problem.code, problem.detail],
    ['body-invalid', 'The body is no valid JSON: a member name in double quotes is expected at byte 14.'],
  )
  assert.equal((await put(app, '{"__proto__":{"x":1},"name":"abc"}')).json().errors[0].code, 'name-invalid')
  assert.equal((await put(app, `{"name":${'['.repeat(65)}${']'.repeat(65)}}`)).json().errors[0].code, 'too-deep')
})

test('other content types and large bodies are refused by name', async (t) => {
  const app = serverOf(t)
  const headers = { 'content-type': 'text/plain' }
  const text = await app.inject({ method: 'PUT', url: '/v1/things/a', headers, payload: 'x' })
  assert.deepEqual([text.statusCode, text.json().code], [415, 'type-unsupported'])
  const large = await put(app, `{"name":"${'x'.repeat(1_000)}"}`)
  assert.deepEqual([large.statusCode, large.json().code], [413, 'request-too-large'])
  assert.match(large.json().detail, /1000 bytes/)
})

test('a missing scope is named; what is public or outside /v1 needs no credential', async (t) => {
  const app = serverOf(t)
  const answer = await app.inject({ url: '/v1/things' })
  assert.deepEqual([answer.statusCode, answer.json().code], [403, 'scope-missing'])
  assert.match(answer.json().detail, /operate/)
  assert.equal((await app.inject({ url: '/open.txt' })).statusCode, 200)
})

test('a route under /v1 asks for its scope however its path is encoded', async (t) => {
  const app = serverOf(t)
  for (const url of ['/%761/things', '/v%31/things', '/%76%31/%74hings?x=1']) {
    const answer = await app.inject({ url })
    assert.deepEqual([answer.statusCode, answer.json().code], [403, 'scope-missing'], url)
  }
})

test('a fault of ours says nothing about its reason', async (t) => {
  const answer = await serverOf(t).inject({ url: '/v1/broken' })
  assert.deepEqual([answer.statusCode, answer.json().code], [500, 'internal'])
  assert.ok(!answer.body.includes('secret reason'))
})

test('more headers than allowed are 431', async (t) => {
  const headers = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`x-${index}`, 'y']))
  const answer = await serverOf(t).inject({ url: '/v1/things', headers })
  assert.deepEqual([answer.statusCode, answer.json().code], [431, 'headers-too-large'])
})
