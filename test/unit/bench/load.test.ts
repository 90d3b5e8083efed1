import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { readAnswer } from '../../bench/load/answer.ts'
import { openConnection } from '../../bench/load/connection.ts'
import { createTally } from '../../bench/load/tally.ts'
import { defer } from '../../support/defer.ts'

const stored = 'HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\n\r\nbody'
const answered = (status: number) => ({ status, body: () => `body of ${status}` })

async function serve(t: TestContext, onRequest: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('data', () => onRequest(socket)).on('error', () => {}))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const connection = openConnection({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  defer(t, () => server.close())
  defer(t, () => connection.close())
  const send = () => new Promise<unknown>((resolve) => connection.send(Buffer.from('GET'), resolve))
  return { send, sockets }
}

describe('the answer of a producer', () => {
  it('is there once its last byte is', () => {
    for (let bytes = 0; bytes < stored.length; bytes += 1) {
      assert.equal(readAnswer(Buffer.from(stored.slice(0, bytes))), undefined)
    }
    const answer = readAnswer(Buffer.from(stored))
    assert.equal(answer?.status, 202)
    assert.equal(answer?.body(), 'body')
  })

  it('must announce its length', () => {
    assert.throws(() => readAnswer(Buffer.from('HTTP/1.1 202 Accepted\r\n\r\n')), /without content-length/)
  })
})

describe('a connection of the load', () => {
  it('is used again for the next request', async (t) => {
    const { send, sockets } = await serve(t, (socket) => socket.write(stored))
    await send()
    await send()
    assert.equal(sockets.size, 1)
  })

  it('says that it broke before the answer, and opens itself again', async (t) => {
    let requests = 0
    const { send } = await serve(t, (socket) => {
      requests += 1
      if (requests === 1) socket.destroy()
      else socket.write(stored)
    })
    assert.equal(await send(), 'broken')
    assert.equal(((await send()) as { status: number }).status, 202)
  })
})

describe('the tally of a load', () => {
  it('counts what lies between its opening and its closing', () => {
    const tally = createTally()
    const record = (atMs: number) => tally.record({ atMs, latencyMs: atMs, answer: answered(202) })
    record(1)
    tally.open(10)
    for (const atMs of [9, 10, 19]) record(atMs)
    tally.close(20)
    for (const atMs of [19, 20]) record(atMs)
    const { accepted, seconds, latencyMs } = tally.report()
    assert.deepEqual([accepted, seconds, latencyMs.max], [3, 0.01, 19])
  })

  it('keeps refusals out of the latencies, counts them by status and quotes the first', () => {
    const tally = createTally()
    tally.open(0)
    for (const answer of ['broken', answered(415), answered(503), answered(202), 'missing'] as const) {
      tally.record({ atMs: 1, latencyMs: 1, answer })
    }
    tally.close(2)
    const { accepted, outcomes, refusal } = tally.report()
    assert.equal(accepted, 1)
    assert.deepEqual(outcomes, { broken: 1, 415: 1, 503: 1, 202: 1, missing: 1 })
    assert.deepEqual(refusal, { status: 415, body: 'body of 415' })
  })
})
