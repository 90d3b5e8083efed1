/* The proxies over real sockets: each test has an upstream, a proxy process in front of it, and connections through it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { correlationOf, createFrames, readRequestHead } from '../../../chaos/proxy/frames.ts'
import { startProxies } from '../../../chaos/proxy/proxies.ts'
import type { Protocol } from '../../../chaos/proxy/rules.ts'
import { defer } from '../../../support/defer.ts'
import { freePort } from '../../../support/free-port.ts'
import { until } from '../../../support/until.ts'
import { requestOf, responseOf } from './kafka-bytes.ts'

const route = 'upstream'

/** A proxy in front of a server. */
async function through(t: TestContext, protocol: Protocol, serve: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    serve(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  defer(t, () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const proxies = startProxies()
  defer(t, proxies.stop)
  const upstreamPort = (server.address() as AddressInfo).port
  const port = await proxies.open({ name: route, upstreamPort, protocol })
  return { proxies, open: () => openTo(t, port) }
}

/** A connection that is there. */
async function openTo(t: TestContext, port: number) {
  const connection = dial(t, port)
  await once(connection.socket, 'connect')
  return connection
}

/** A connection that may be reset before this process has seen that it was there, and everything that came over it. */
function dial(t: TestContext, port: number) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  defer(t, () => socket.destroy())
  const received: Buffer[] = []
  const seen = { hasEnded: false, error: '' }
  socket.on('data', (bytes) => received.push(bytes))
  socket.on('end', () => {
    seen.hasEnded = true
  })
  socket.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
    seen.error = code
  })
  return { socket, seen, text: () => Buffer.concat(received).toString(), bytes: () => Buffer.concat(received) }
}

/** Says back what it hears. */
const echo = (socket: Socket) => void socket.pipe(socket)

/** A broker that answers every request with its correlation id; `asked` are those it did. */
function broker() {
  const asked: number[] = []
  const serve = (socket: Socket) => {
    const frames = createFrames()
    socket.on('data', (bytes) => {
      for (const frame of frames.push(bytes)) {
        const { correlationId = -1 } = readRequestHead(frame) ?? {}
        asked.push(correlationId)
        socket.write(responseOf(correlationId))
      }
    })
  }
  return { asked, serve }
}

const answersIn = (bytes: Buffer): number[] => createFrames().push(bytes).map(correlationOf)

describe('a proxy', () => {
  it('hands on every byte both ways and the end of a stream behind them', async (t) => {
    const { open } = await through(t, 'bytes', echo)
    const { socket, seen, text } = await open()
    const sent = 'x'.repeat(300_000)
    socket.end(sent)
    await until('the stream has ended', () => seen.hasEnded)
    assert.equal(text(), sent)
  })

  it('hands on a reset', async (t) => {
    const { open } = await through(t, 'bytes', (socket) => socket.once('data', () => socket.resetAndDestroy()))
    const { socket, seen } = await open()
    socket.write('x')
    await until('the connection is reset', () => seen.error === 'ECONNRESET')
  })

  it('resets the client of an upstream that is not there', async (t) => {
    const { proxies } = await through(t, 'bytes', echo)
    const port = await proxies.open({ name: 'nobody', upstreamPort: 1, protocol: 'bytes' })
    const { seen } = dial(t, port)
    await until('the connection is reset', () => seen.error === 'ECONNRESET')
  })

  it('lets an answer come no earlier than its latency, and in order', async (t) => {
    const { proxies, open } = await through(t, 'bytes', echo)
    await proxies.rule(route, [{ down: { latencyMs: 120, jitterMs: 40 } }])
    const { socket, text } = await open()
    const startedAt = performance.now()
    for (const word of ['one ', 'two ', 'three ']) {
      socket.write(word)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await until('something came back', () => text() !== '')
    const tookMs = performance.now() - startedAt
    assert.ok(tookMs > 75, `${tookMs} ms`)
    await until('all came back', () => text() === 'one two three ')
  })

  it('lets all connections of a route share its bandwidth', async (t) => {
    const { proxies, open } = await through(t, 'bytes', echo)
    await proxies.rule(route, [{ up: { bytesPerSecond: 100_000 } }])
    const both = [await open(), await open()]
    const startedAt = performance.now()
    for (const { socket } of both) socket.write('x'.repeat(20_000))
    await until('all came back', () => both.every(({ text }) => text().length === 20_000))
    const tookMs = performance.now() - startedAt
    assert.ok(tookMs > 380, `40,000 bytes took ${tookMs} ms`)
  })

  it('cuts one way: nothing passes, nothing is lost, and all of it passes later', async (t) => {
    const heard: string[] = []
    const { proxies, open } = await through(t, 'bytes', (socket) => {
      socket.on('data', (bytes) => heard.push(bytes.toString()))
      socket.write('from the upstream')
    })
    await proxies.rule(route, [{ up: { isCut: true } }])
    const { socket, text } = await open()
    socket.end('from the client')
    await until('the other way is open', () => text() === 'from the upstream')
    assert.deepEqual(heard, [])
    await proxies.clear()
    await until('it passed', () => heard.join('') === 'from the client')
  })

  it('listens where it is told to', async (t) => {
    const { proxies } = await through(t, 'bytes', echo)
    const [wanted, upstreamPort] = [await freePort(), await freePort()]
    assert.equal(await proxies.open({ name: 'told', upstreamPort, protocol: 'bytes', port: wanted }), wanted)
    const taken = proxies.open({ name: 'again', upstreamPort, protocol: 'bytes', port: wanted })
    await assert.rejects(taken, /EADDRINUSE/)
  })

  it('resets what is open and lets new connections in', async (t) => {
    const { proxies, open } = await through(t, 'bytes', echo)
    const first = await open()
    first.socket.write('x')
    await until('it is through', () => first.text() === 'x')
    assert.equal(await proxies.reset(route), 1)
    await until('it is reset', () => first.seen.error === 'ECONNRESET')
    const second = await open()
    second.socket.write('y')
    await until('another one is through', () => second.text() === 'y')
  })

  it('says which route it does not know', async (t) => {
    const { proxies } = await through(t, 'bytes', echo)
    await assert.rejects(proxies.reset('nowhere'), /no route is called nowhere/)
  })
})

describe('a proxy in front of a broker', () => {
  it('loses the answer to a produce request that was done, and everything behind it', async (t) => {
    const { asked, serve } = broker()
    const { proxies, open } = await through(t, 'kafka', serve)
    await proxies.rule(route, [{ lostReplies: { chance: 1, seed: 1 } }])
    const { socket, seen, bytes } = await open()
    const clientId = 'producer-1'
    socket.write(requestOf({ apiKey: 3, correlationId: 1, clientId }))
    socket.write(requestOf({ apiKey: 0, correlationId: 2, clientId }))
    socket.write(requestOf({ apiKey: 3, correlationId: 3, clientId }))
    await until('the connection is reset', () => seen.error === 'ECONNRESET')
    assert.deepEqual(answersIn(bytes()), [1])
    assert.deepEqual(asked.slice(0, 2), [1, 2])
    const status = await proxies.status(route)
    assert.deepEqual([status.clients, status.produced, status.lost], [[clientId], 1, 1])
  })

  it('loses about the share it shall, the same ones for the same seed', async (t) => {
    const lostOf = async (seed: number) => {
      const { serve } = broker()
      const { proxies, open } = await through(t, 'kafka', serve)
      await proxies.rule(route, [{ lostReplies: { chance: 0.2, seed } }])
      const lost: number[] = []
      for (let correlationId = 1; correlationId <= 40; correlationId += 1) {
        const { socket, seen, bytes } = await open()
        socket.write(requestOf({ apiKey: 0, correlationId, clientId: 'p' }))
        await until('it is answered or not', () => seen.error !== '' || bytes().length > 0)
        if (bytes().length === 0) lost.push(correlationId)
        socket.destroy()
      }
      return lost
    }
    const lost = await lostOf(7)
    assert.ok(lost.length > 1 && lost.length < 20, `${lost.length} of 40`)
    assert.deepEqual(await lostOf(7), lost)
    assert.notDeepEqual(await lostOf(8), lost)
  })

  it('cuts off the clients of a rule and nobody else', async (t) => {
    const { asked, serve } = broker()
    const { proxies, open } = await through(t, 'kafka', serve)
    await proxies.rule(route, [{ clients: '^broker-2-', up: { isCut: true } }])
    const [cut, other] = [await open(), await open()]
    cut.socket.write(requestOf({ apiKey: 1, correlationId: 1, clientId: 'broker-2-fetcher-0' }))
    other.socket.write(requestOf({ apiKey: 1, correlationId: 2, clientId: 'broker-3-fetcher-0' }))
    await until('the other one is answered', () => answersIn(other.bytes()).length === 1)
    assert.deepEqual(asked, [2])
    await proxies.clear()
    await until('both are answered', () => answersIn(cut.bytes()).length === 1)
  })
})
