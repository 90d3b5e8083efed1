import assert from 'node:assert/strict'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { AttemptResult } from '#shared/delivery/attempt.ts'
import { decide } from '#shared/delivery/decide.ts'
import { createReceiver, createReturningReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createClient, requestTo } from './attempts.ts'

/** Short, but long enough for a connection on a busy machine. */
const timeoutMs = 500

const codeOf = (result: AttemptResult) => (result.kind === 'failure' ? result.code : `status-${result.status}`)
const detailOf = (result: AttemptResult) => (result.kind === 'failure' ? result.detail : '')

/** A TCP server that does what it likes with a connection. */
async function createRawReceiver(t: TestContext, onSocket: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    onSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, openConnections: () => sockets.size }
}

/** Byte by byte the first line, then the other one for ever. */
function* dripOf(first: string, again: string): Generator<string> {
  yield* first
  for (;;) yield* again
}

test('a receiver that refuses, resets or hangs up is told apart', async (t) => {
  const receiver = await createReturningReceiver(t)
  const client = createClient(t)
  receiver.behave({ kind: 'reset' })
  assert.equal(codeOf(await client.attempt(requestTo(receiver.url))), 'io-reset')
  receiver.behave({ kind: 'end' })
  assert.equal(codeOf(await client.attempt(requestTo(receiver.url))), 'io-closed')
  await receiver.refuse()
  const refused = await client.attempt(requestTo(receiver.url))
  assert.deepEqual([codeOf(refused), detailOf(refused)], ['connect-refused', 'connect ECONNREFUSED'])
  await receiver.accept()
  receiver.behave({ kind: 'answer' })
  assert.equal(codeOf(await client.attempt(requestTo(receiver.url))), 'status-200')
})

test('a receiver that never answers is cut at the time limit, and its connection too', async (t) => {
  const receiver = await createReceiver(t, { behaviour: { kind: 'hang' } })
  const result = await createClient(t, { timeoutMs }).attempt(requestTo(receiver.url))
  assert.equal(codeOf(result), 'first-byte-timeout')
  // A timer may fire 1 ms early.
  assert.ok(result.timingsMs.total >= timeoutMs - 1, `${result.timingsMs.total} ms`)
  await until('no socket is held', () => receiver.openConnections() === 0)
})

test('a head that drips one byte at a time is cut at the time limit', async (t) => {
  const receiver = await createRawReceiver(t, (socket) => {
    const bytes = dripOf('HTTP/1.1 200 OK\r\n', 'x-slow: yes\r\n')
    const timer = setInterval(() => socket.write(bytes.next().value ?? ''), 10)
    socket.on('close', () => clearInterval(timer))
  })
  const result = await createClient(t, { timeoutMs }).attempt(requestTo(receiver.url))
  assert.equal(codeOf(result), 'first-byte-timeout')
  await until('no socket is held', () => receiver.openConnections() === 0)
})

test('a receiver that never reads is cut at the time limit', async (t) => {
  const receiver = await createRawReceiver(t, (socket) => socket.pause())
  const client = createClient(t, { timeoutMs })
  const result = await client.attempt(requestTo(receiver.url, Buffer.alloc(32 * 1024 * 1024)))
  assert.equal(codeOf(result), 'first-byte-timeout')
})

test('once a status has come it counts, however slowly the body drips or where it breaks off', async (t) => {
  const receiver = await createReceiver(t, { behaviour: { kind: 'drip', everyMs: 10 } })
  const client = createClient(t, { timeoutMs })
  const dripped = await client.attempt(requestTo(receiver.url))
  assert.ok(dripped.kind === 'answer' && dripped.truncated && dripped.body.length > 0)
  assert.equal(decide(dripped, Date.now()).kind, 'delivered')
  await until('no socket is held', () => receiver.openConnections() === 0)
  const broken = await createRawReceiver(t, (socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\nhalf')),
  )
  const half = await client.attempt(requestTo(broken.url))
  assert.ok(half.kind === 'answer' && half.truncated)
  assert.deepEqual([half.status, half.body.toString()], [500, 'half'])
})

test('of a body of 1 GiB 64 KiB are read', async (t) => {
  const receiver = await createReceiver(t, { behaviour: { kind: 'huge', status: 500, bytes: 2 ** 30 } })
  const result = await createClient(t).attempt(requestTo(receiver.url))
  assert.ok(result.kind === 'answer')
  assert.deepEqual([result.status, result.body.length, result.truncated], [500, 64 * 1024, true])
  await until('no socket is held', () => receiver.openConnections() === 0)
})

test('a body of exactly 64 KiB is whole', async (t) => {
  const receiver = await createReceiver(t, { behaviour: { kind: 'huge', bytes: 64 * 1024 } })
  const result = await createClient(t).attempt(requestTo(receiver.url))
  assert.ok(result.kind === 'answer')
  assert.deepEqual([result.body.length, result.truncated], [64 * 1024, false])
})

test('a head without end is cut', async (t) => {
  const receiver = await createRawReceiver(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    const more = () => socket.writable && socket.write(`x-${'y'.repeat(1_000)}: z\r\n`)
    const timer = setInterval(more, 1)
    socket.on('close', () => clearInterval(timer))
  })
  const result = await createClient(t).attempt(requestTo(receiver.url))
  assert.equal(codeOf(result), 'io-response-head-too-large')
})

test('informational answers without end are cut, a few are fine', async (t) => {
  const receiver = await createReceiver(t, { behaviour: { kind: 'informational' } })
  const client = createClient(t)
  assert.equal(codeOf(await client.attempt(requestTo(receiver.url))), 'io-response-invalid')
  await until('no socket is held', () => receiver.openConnections() === 0)
  const early = 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(3)
  const polite = await createRawReceiver(t, (socket) =>
    socket.once('data', () => socket.write(`${early}HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n`)),
  )
  assert.equal(codeOf(await client.attempt(requestTo(polite.url))), 'status-200')
})

test('what is not HTTP is a failure that says so', async (t) => {
  const receiver = await createReceiver(t)
  const client = createClient(t)
  const answers = [
    'HTTP/1.1 999999 x\r\n\r\n',
    'HTTP/1.1 abc OK\r\n\r\n',
    'SSH-2.0-OpenSSH_9.6\r\n',
    '220 smtp.example ESMTP\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n',
    'HTTP/1.1 200 OK\r\nx y z\r\n\r\n',
  ]
  for (const bytes of answers) {
    receiver.behave({ kind: 'raw', bytes })
    const result = await client.attempt(requestTo(receiver.url))
    assert.equal(codeOf(result), 'io-response-invalid', `${bytes} gave ${detailOf(result)}`)
  }
})

test('what comes behind an answer is never the answer to the next request', async (t) => {
  const smuggled = 'HTTP/1.1 204 No Content\r\n\r\n'
  const answer = 'HTTP/1.1 500 Oops\r\ncontent-length: 4\r\n\r\noops'
  for (const rest of [smuggled, 'garbage that is no HTTP', '\r\n\r\n', '\0'.repeat(4_096), smuggled.repeat(100)]) {
    let later: Socket | undefined
    const receiver = await createRawReceiver(t, (socket) =>
      socket.on('data', () => {
        socket.write(answer + rest)
        later = socket
      }),
    )
    const client = createClient(t, { connections: 1 })
    assert.equal(codeOf(await client.attempt(requestTo(receiver.url))), 'status-500')
    // On the idle connection too, in its own time.
    later?.write(smuggled)
    for (let again = 0; again < 3; again += 1) {
      const code = codeOf(await client.attempt(requestTo(receiver.url)))
      assert.match(code, /^(status-500|io-)/, `${JSON.stringify(rest.slice(0, 20))} gave ${code}`)
    }
  }
})

test('trailers and chunk extensions without end are cut', async (t) => {
  const head = 'HTTP/1.1 500 Oops\r\ntransfer-encoding: chunked\r\n\r\n4'
  const endless = [`${head}\r\noops\r\n0\r\n`, `${head};a=`]
  for (const start of endless) {
    const receiver = await createRawReceiver(t, (socket) =>
      socket.once('data', () => {
        socket.write(start)
        const more = start.endsWith('=') ? 'x'.repeat(1_000) : `x-${'y'.repeat(1_000)}: z\r\n`
        const timer = setInterval(() => socket.writable && socket.write(more), 1)
        socket.on('close', () => clearInterval(timer))
      }),
    )
    const result = await createClient(t, { timeoutMs }).attempt(requestTo(receiver.url))
    assert.ok(result.kind === 'answer' && result.status === 500 && result.truncated, codeOf(result))
    assert.ok(result.body.length <= 4)
    await until('no socket is held', () => receiver.openConnections() === 0)
  }
})

test('a compressed body stays as it is: nothing of 64 KiB becomes more', async (t) => {
  const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024))
  const receiver = await createReceiver(t)
  receiver.behave({ kind: 'answer', status: 500, headers: { 'content-encoding': 'gzip' }, body: bomb })
  const result = await createClient(t).attempt(requestTo(receiver.url))
  assert.ok(result.kind === 'answer')
  assert.deepEqual([result.body.length, result.truncated], [64 * 1024, true])
  assert.ok(result.body.equals(bomb.subarray(0, 64 * 1024)))
})

test('a refusal that comes before the body was read is not mistaken for a broken connection', async (t) => {
  const receiver = await createRawReceiver(t, (socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')),
  )
  const result = await createClient(t).attempt(requestTo(receiver.url, Buffer.alloc(512 * 1024)))
  assert.equal(codeOf(result), 'status-413')
})

test('a crashed keep-alive connection costs one attempt, not the next ones', async (t) => {
  const receiver = await createReturningReceiver(t)
  const client = createClient(t, { connections: 1 })
  assert.equal(codeOf(await client.attempt(requestTo(receiver.url))), 'status-200')
  await receiver.refuse()
  await receiver.accept()
  const codes = [codeOf(await client.attempt(requestTo(receiver.url)))]
  codes.push(codeOf(await client.attempt(requestTo(receiver.url))))
  assert.equal(codes[1], 'status-200')
  assert.match(codes[0] ?? '', /status-200|io-reset|io-closed/)
})
