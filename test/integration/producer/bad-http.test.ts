import assert from 'node:assert/strict'
import { type AddressInfo, connect } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { answersIn, sendRaw } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { openDoor } from '../../unit/producer/door.ts'

// The door without Kafka behind it, on a real socket: what no HTTP client would send.
const door = openDoor()
let port = 0
before(async () => {
  await door.app.listen({ host: '127.0.0.1', port: 0 })
  port = (door.app.server.address() as AddressInfo).port
})
beforeEach(() => door.stored.splice(0))
after(() => door.close())

const send = (...pieces: (string | Buffer)[]) => sendRaw(port, pieces)

const path = '/v1/streams/orders/events'
const credential = `Authorization: Bearer ${door.key}`
const head = (...lines: string[]) =>
  `${[`POST ${path} HTTP/1.1`, 'Host: x', credential, ...lines].join('\r\n')}\r\n\r\n`
const json = 'Content-Type: application/json'
const closing = 'Connection: close'

const rows: [what: string, pieces: (string | Buffer)[], status: number, code: string | null][] = [
  [
    'Content-Length beside Transfer-Encoding',
    [head(json, 'Content-Length: 1', 'Transfer-Encoding: chunked'), '0\r\n\r\n'],
    400,
    'request-malformed',
  ],
  [
    'two different Content-Length',
    [head(json, 'Content-Length: 1', 'Content-Length: 2'), '1'],
    400,
    'request-malformed',
  ],
  ['two equal Content-Length', [head(json, 'Content-Length: 1', 'Content-Length: 1'), '1'], 400, 'request-malformed'],
  ['Content-Length -1', [head(json, 'Content-Length: -1'), '1'], 400, 'request-malformed'],
  ['Content-Length +5', [head(json, 'Content-Length: +5'), '12345'], 400, 'request-malformed'],
  ['Content-Length 1e30', [head(json, 'Content-Length: 1e30'), '1'], 400, 'request-malformed'],
  ['Transfer-Encoding xchunked', [head(json, 'Transfer-Encoding: xchunked'), '0\r\n\r\n'], 400, 'request-malformed'],
  ['chunked, identity', [head(json, 'Transfer-Encoding: chunked, identity'), '0\r\n\r\n'], 400, 'request-malformed'],
  ['gzip, chunked', [head(json, 'Transfer-Encoding: gzip, chunked'), '1\r\n1\r\n0\r\n\r\n'], 400, 'request-malformed'],
  [
    'a Host that is none',
    [head(closing, json, 'Content-Length: 1').replace('Host: x', 'Host: a b/c'), '1'],
    400,
    'request-malformed',
  ],
  ['two Host', [head(json, 'Host: y', 'Content-Length: 1'), '1'], 400, 'request-malformed'],
  [
    'two Content-Type',
    [head(closing, json, 'Content-Type: text/plain', 'Content-Length: 1'), '1'],
    415,
    'type-unsupported',
  ],
  ['two credentials', [head(closing, json, credential, 'Content-Length: 1'), '1'], 401, 'credential-invalid'],
  ['a chunk size that is no number', [head(json, 'Transfer-Encoding: chunked'), 'ZZ\r\n'], 400, 'request-malformed'],
  [
    'a chunk extension of 64 KiB',
    [head(json, 'Transfer-Encoding: chunked'), `1;${'x'.repeat(65_536)}\r\n1\r\n0\r\n\r\n`],
    413,
    'request-too-large',
  ],
  [
    'HTTP/1.1 without Host',
    [`POST ${path} HTTP/1.1\r\n${credential}\r\n${json}\r\nContent-Length: 1\r\n\r\n1`],
    400,
    'request-malformed',
  ],
  ['a request line without version', [`POST ${path}\r\n${credential}\r\n\r\n`], 400, 'request-malformed'],
  [
    'HTTP/0.9',
    [`POST ${path} HTTP/0.9\r\nHost: x\r\n${credential}\r\n${json}\r\nContent-Length: 1\r\n\r\n1`],
    400,
    'request-malformed',
  ],
  ['HTTP/3.7', [`POST ${path} HTTP/3.7\r\nHost: x\r\n\r\n`], 400, 'request-malformed'],
  ['a header block over 16 KiB', [head(`X: ${'x'.repeat(17_000)}`)], 431, 'headers-too-large'],
  ['a request target of 20 kB', [`POST /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`], 431, 'headers-too-large'],
  ['NUL in a header', [head('X: a\0b')], 400, 'request-malformed'],
  ['a bare CR in a header', [head('X: a\rb')], 400, 'request-malformed'],
  ['a folded header', [head('X: a\r\n b')], 400, 'request-malformed'],
  ['a space before the colon', [head('X : a')], 400, 'request-malformed'],
  ['bare LF lines', [head(json).replaceAll('\r\n', '\n')], 400, 'request-malformed'],
  ['an unknown method', [`FOO ${path} HTTP/1.1\r\nHost: x\r\n\r\n`], 400, 'request-malformed'],
  ['a TLS hello', [Buffer.from('16030100a5010000a10303', 'hex')], 400, 'request-malformed'],
  [
    'an absolute target without credential',
    [head(closing, json, 'Content-Length: 1').replace(path, `http://x${path}`).replace(`${credential}\r\n`, ''), '1'],
    401,
    'credential-missing',
  ],
  [
    'an encoded path without credential',
    [head(closing, json, 'Content-Length: 1').replace('/v1', '/%761').replace(`${credential}\r\n`, ''), '1'],
    401,
    'credential-missing',
  ],
  ['PUT to an absolute target', [head(closing).replace('POST /', 'PUT http://x/')], 405, 'method-not-allowed'],
  ['PUT', [head(closing).replace('POST', 'PUT')], 405, 'method-not-allowed'],
  ['TRACE', [head(closing).replace('POST', 'TRACE')], 405, 'method-not-allowed'],
  ['dots in the path', [head(closing, json, 'Content-Length: 1').replace('orders', '../x'), '1'], 404, 'not-found'],
  [
    'dots that would lead to the route',
    [head(closing, json, 'Content-Length: 1').replace('/v1', '/x/../v1'), '1'],
    404,
    'not-found',
  ],
  [
    'encoded slashes and dots that would lead to another route',
    [head(closing, json, 'Content-Length: 1').replace('orders', 'x%2f..%2f..%2fkeys'), '1'],
    400,
    'request-malformed',
  ],
  [
    'an encoded NUL in the path',
    [head(closing, json, 'Content-Length: 1').replace('orders', 'orders%00'), '1'],
    400,
    'request-malformed',
  ],
  ['a dot as stream', [head(closing, json, 'Content-Length: 1').replace('orders', '.'), '1'], 400, 'request-malformed'],
  [
    'encoded dots as stream',
    [head(closing, json, 'Content-Length: 1').replace('orders', '%2e%2e'), '1'],
    400,
    'request-malformed',
  ],
  ['Expect: nonsense', [head(closing, json, 'Expect: nonsense', 'Content-Length: 1'), '1'], 417, null],
  ['CONNECT', ['CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n'], 0, null],
  ['too much, announced', [head(json, `Content-Length: ${524_289}`)], 413, 'event-too-large'],
  ['more than fits into this producer, announced', [head(json, 'Content-Length: 1000000000')], 413, 'event-too-large'],
  [
    'no credential, before 10 MB come',
    [head(json, 'Content-Length: 10000000').replace(`${credential}\r\n`, '')],
    401,
    'credential-missing',
  ],
  [
    'a wrong credential, before 10 MB come',
    [head(json, 'Content-Length: 10000000').replace(door.key, `${door.key.slice(0, -4)}0000`)],
    401,
    'credential-invalid',
  ],
  [
    'a missing scope, before 10 MB come',
    [head(json, 'Content-Length: 10000000').replace(door.key, door.keyWith(['publish:other']))],
    403,
    'scope-missing',
  ],
  [
    'an attribute that stands twice',
    [
      head(
        closing,
        json,
        'ce-id: 1',
        'CE-ID: 2',
        'ce-specversion: 1.0',
        'ce-type: t',
        'ce-source: /x',
        'Content-Length: 1',
      ),
      '1',
    ],
    400,
    'event-invalid',
  ],
]

for (const [what, pieces, status, code] of rows) {
  test(`${what} is answered with ${status} and stores nothing`, async () => {
    const answer = await send(...pieces)
    assert.deepEqual([answer.status, answer.code], [status, code])
    assert.equal(door.stored.length, 0)
  })
}

test('a chunked body is cut off at the limit and the connection closed before any time limit', async () => {
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
  const answer = await send(head(json, 'Transfer-Encoding: chunked'), ...Array.from({ length: 9 }, () => chunk))
  assert.deepEqual([answer.status, answer.code], [413, 'event-too-large'])
  assert.ok(answer.ms < door.app.server.headersTimeout, `${answer.ms} ms`)
  assert.equal(door.stored.length, 0)
})

test('a body shorter than announced is no event, and counted as aborted', async () => {
  const before = (await door.outcomes()).aborted ?? 0
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(`${head(json, 'Content-Length: 5')}123`))
    socket.on('close', () => resolve()).resume()
  })
  await until('it is counted', async () => (await door.outcomes()).aborted === before + 1)
  assert.equal(door.stored.length, 0)
})

test('an absolute target is taken like its path', async () => {
  const answer = await send(head(closing, json, 'Content-Length: 1').replace(path, `http://x${path}`), '1')
  assert.deepEqual([answer.status, door.stored.length], [202, 1])
})

test('too many or too large headers are told the limits and their settings', async () => {
  const many = Array.from({ length: 101 }, (_, index) => `x-${index}: y`)
  for (const lines of [[`X: ${'x'.repeat(17_000)}`], many]) {
    const { status, text } = await send(head(...lines))
    assert.equal(status, 431)
    assert.match(
      text,
      /at most 100 headers \(TAILRACE_LIMIT_HEADERS\), in 16384 bytes .*\(TAILRACE_LIMIT_HEADER_BYTES\)/,
    )
  }
})

test('a body is asked for when its head was let in, and only then', async () => {
  const expect = 'Expect: 100-continue'
  const good = await send(head(closing, json, expect, 'Content-Length: 1'), '1')
  assert.match(good.text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 202 /)
  const refusals: [string, number][] = [
    [head(json, expect, 'Content-Length: 1000000'), 413],
    [head(json, expect, 'Content-Length: 5').replace(`${credential}\r\n`, ''), 401],
    [head(expect, 'Content-Type: multipart/mixed', 'Content-Length: 5'), 415],
  ]
  for (const [refused, status] of refusals) {
    const answer = await send(refused)
    assert.deepEqual([answer.status, answersIn(answer)], [status, 1])
    assert.match(answer.headers, /\r\nconnection: close/)
  }
})

test('a refused method names the one that is allowed', async () => {
  assert.match((await send(head(closing).replace('POST', 'DELETE'))).headers, /\r\nallow: post/)
})

test('what is no HTTP at all is counted, once a connection', async () => {
  const before = (await door.outcomes())['request-malformed'] ?? 0
  await send(Buffer.from('16030100a5010000a10303', 'hex'))
  assert.equal((await door.outcomes())['request-malformed'], before + 1)
})

const good = head(json, 'Content-Length: 1')

test('a request behind one with two lengths is never looked at', async () => {
  for (const lines of [
    [json, 'Content-Length: 1', 'Content-Length: 2'],
    [json, 'Content-Length: 6', 'Transfer-Encoding: chunked'],
  ]) {
    const answer = await send(`${head(...lines)}0\r\n\r\n${good}1`)
    assert.deepEqual([answer.status, answersIn(answer)], [400, 1])
    assert.equal(door.stored.length, 0)
  }
})

test('a refused body that is itself a request is never taken for one', async () => {
  const inner = `${good}1`
  const outer = head(closing, json, `Content-Length: ${inner.length}`).replace(`${credential}\r\n`, '')
  const answer = await send(outer + inner)
  assert.deepEqual([answer.status, answersIn(answer), door.stored.length], [401, 1, 0])
})

test('requests that come in one piece are answered one by one', async () => {
  const answer = await send(`${good}1${good}2${head(closing, json, 'Content-Length: 1')}3`)
  assert.deepEqual([answersIn(answer), door.stored.map(({ value }) => value?.toString())], [3, ['1', '2', '3']])
})

test('hundreds of requests in one piece are all answered, and other connections are served between them', async () => {
  const many = 900
  const order: string[] = []
  const pipelined = send(`${good}1`.repeat(many - 1), head(closing, json, 'Content-Length: 1'), '1')
  await until('the first are stored', () => door.stored.length > 0)
  await send(`${head(closing, json, 'Content-Length: 1')}2`)
  order.push('other')
  const answer = await pipelined
  order.push('pipelined')
  assert.deepEqual([answersIn(answer), door.stored.length, order], [many, many + 1, ['other', 'pipelined']])
})

test('a connection on which more than a thousand requests wait is cut off', async () => {
  const answer = await send(`${good}1`.repeat(5_000))
  assert.ok(answersIn(answer) < 5_000 && door.stored.length < 5_000, `${answersIn(answer)} answers`)
})

test('a credential in the query is in no log line', async () => {
  door.log.splice(0)
  await send(head(closing, json, 'Content-Length: 1').replace('events', `events?key=${door.key}`), '1')
  assert.ok(!door.log.join('').includes(door.key))
})

test('headers and bodies that trickle in are given up: 408', { timeout: 20_000 }, async () => {
  const [headers, body] = await Promise.all([
    send(`POST ${path} HTTP/1.1\r\nHost: x\r\n`),
    send(head(json, 'Content-Length: 5'), '1'),
  ])
  assert.deepEqual([headers.status, headers.code], [408, 'request-timeout'])
  assert.deepEqual([body.status, body.code], [408, 'request-timeout'])
  assert.ok(headers.ms < body.ms, `${headers.ms} and ${body.ms} ms: headers have half the time`)
  assert.equal(door.stored.length, 0)
})

test('an upgrade to HTTP/2 is ignored and the event stored', async () => {
  const answer = await send(head(json, 'Connection: close, Upgrade', 'Upgrade: h2c', 'Content-Length: 1'), '1')
  assert.deepEqual([answer.status, door.stored.length], [202, 1])
})

test('what was stored is acknowledged before nonsense behind it ends the connection', async () => {
  const answer = await send(`${good}1${good}2GET\r\n\r\n`)
  const statuses = [...answer.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status)
  assert.deepEqual([statuses, door.stored.length], [['202', '202', '400'], 2])
})

test('a good request behind an answer that closes the connection is not looked at', async () => {
  for (const [line, status] of [
    ['Host: x\r\n', 400],
    [`${credential}\r\n`, 401],
  ] as const) {
    const refused = head(json, 'Content-Length: 70000').replace(line, '')
    const answer = await send(`${refused}${' '.repeat(70_000)}${good}2`)
    assert.deepEqual([answer.status, answersIn(answer), door.stored.length], [status, 1, 0])
  }
})
