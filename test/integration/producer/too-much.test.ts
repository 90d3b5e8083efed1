import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { TailraceError } from '#shared/errors.ts'
import type { Limits } from '#shared/limits.ts'
import { defer } from '../../support/defer.ts'
import { answersIn, sendRaw } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { openDoor } from '../../unit/producer/door.ts'

async function listen(t: TestContext, limits: Partial<Limits> = {}) {
  const door = openDoor({ limits })
  defer(t, () => door.close())
  await door.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = door.app.server.address() as AddressInfo
  const head = (...lines: string[]) =>
    [
      'POST /v1/streams/orders/events HTTP/1.1',
      'Host: x',
      `Authorization: Bearer ${door.key}`,
      'Content-Type: application/json',
      ...lines,
      '\r\n',
    ].join('\r\n')
  return { door, port, head }
}

const overloaded = new TailraceError('overloaded', 'too late', { retryAfterMs: 1_500 })

test('under too much load a request is refused by its head alone, with the time to come back', async (t) => {
  const { door, port, head } = await listen(t)
  door.load.refusal = overloaded
  const answer = await sendRaw(port, [head('Content-Length: 100000')])
  assert.deepEqual([answer.status, answer.code, door.stored.length], [503, 'overloaded', 0])
  assert.match(answer.headers, /\r\nretry-after: 2\r\n/)
  assert.match(answer.headers, /\r\ncontent-type: application\/problem\+json/)
  assert.match(answer.text, /"requestId":"req_\w+","instance":"\/v1\/streams\/orders\/events"/)
  assert.equal((await door.outcomes()).overloaded, 1)
})

test('a refused request with a small body keeps its connection for the next one', async (t) => {
  const { door, port, head } = await listen(t)
  door.load.refusal = overloaded
  const socket = connect(port, '127.0.0.1')
  const answers: string[] = []
  socket.on('data', (chunk) => answers.push(chunk.toString()))
  socket.write(`${head('Content-Length: 1')}1`)
  await until('it is refused', () => answers.join('').includes(' 503 '))
  door.load.refusal = undefined
  socket.write(`${head('Connection: close', 'Content-Length: 1')}2`)
  await once(socket, 'close')
  assert.match(answers.join(''), / 202 /)
  assert.deepEqual(
    door.stored.map(({ value }) => value?.toString()),
    ['2'],
  )
})

test('bytes in work are counted by what a head announces, before any of them is there', async (t) => {
  const { door, port, head } = await listen(t, { TAILRACE_LIMIT_INFLIGHT_BYTES: 150_000 })
  const slow = connect(port, '127.0.0.1')
  defer(t, () => slow.destroy())
  slow.write(head('Content-Length: 100000'))
  const refused = await until('there is no room', async () => {
    const answer = await sendRaw(port, [`${head('Connection: close', 'Content-Length: 50000')}${' '.repeat(49_999)}1`])
    return answer.status === 503 && answer
  })
  assert.deepEqual([refused.code, answersIn(refused)], ['overloaded', 1])
  assert.match(refused.text, /150000 bytes of publishes are in work \(TAILRACE_LIMIT_INFLIGHT_BYTES\)/)
  slow.destroy()
  door.stored.splice(0)
  await until('there is room again', async () => {
    await sendRaw(port, [`${head('Connection: close', 'Content-Length: 50000')}${' '.repeat(49_999)}1`])
    return door.stored.length === 1
  })
})

/** Opens connections one by one, so that their order is known. */
async function openIdle(t: TestContext, port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  defer(t, () => {
    for (const socket of sockets) socket.destroy()
  })
  for (let index = 0; index < count; index += 1) {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    socket.resume()
    await once(socket, 'connect')
    sockets.push(socket)
  }
  return sockets
}

test('at the bound the connection that has been quiet longest makes room', async (t) => {
  const { port, head } = await listen(t, { TAILRACE_LIMIT_CONNECTIONS: 10 })
  const [first, second, ...others] = await openIdle(t, port, 10)
  assert.ok(first !== undefined && second !== undefined)
  // The oldest one speaks: from now on the second has been quiet longest.
  first.write(`${head('Content-Length: 1')}1`)
  await once(first, 'data')
  const answer = await sendRaw(port, [`${head('Connection: close', 'Content-Length: 1')}2`])
  assert.equal(answer.status, 202)
  await until('the second is closed', () => second.destroyed)
  assert.ok(!first.destroyed && others.every((socket) => !socket.destroyed))
})

test('however many connect in silence, no more stay than the bound, and an honest client is served', async (t) => {
  const { door, port, head } = await listen(t, { TAILRACE_LIMIT_CONNECTIONS: 50 })
  const idle = await openIdle(t, port, 500)
  const answer = await sendRaw(port, [`${head('Connection: close', 'Content-Length: 1')}1`])
  assert.equal(answer.status, 202)
  await until('the rest is closed', () => idle.filter((socket) => !socket.destroyed).length <= 50)
  assert.ok((await connectionsOf(door.app.server)) <= 50)
})

function connectionsOf(server: { getConnections(done: (error: Error | null, count: number) => void): void }) {
  return new Promise<number>((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
  })
}
