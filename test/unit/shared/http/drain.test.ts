import assert from 'node:assert/strict'
import { on } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { fastify } from 'fastify'
import { closeWhenDraining, drainHttpServer } from '#shared/http/drain.ts'

const quietMs = 20

/**
 * A client on a thread of its own, so that it sends while the server's thread stands still: one request on each of two
 * connections, and one more for each message, on one after the other. `sent` counts these when the system has them. Tells
 * each answer.
 */
const client = `
  const { parentPort, workerData: { port, sent } } = require('node:worker_threads')
  const request = 'GET / HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n'
  const sockets = [0, 1].map(() => require('node:net').connect(port, '127.0.0.1'))
  for (const socket of sockets) {
    socket.on('data', (answer) => parentPort.postMessage(answer.toString()))
    socket.on('error', (error) => parentPort.postMessage(error.code))
    socket.write(request)
  }
  parentPort.on('message', () =>
    sockets.shift().write(request, () => {
      Atomics.add(sent, 0, 1)
      Atomics.notify(sent, 0)
    }),
  )
`

test('requests on quiet connections are answered that come while a draining process stands still', async (t) => {
  const sent = new Int32Array(new SharedArrayBuffer(4))
  let whileAnswering = 0
  const app = fastify()
  closeWhenDraining(app)
  app.get('/', async () => {
    for (; whileAnswering > 0; whileAnswering -= 1) send()
    return 'here'
  })
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const worker = new Worker(client, { eval: true, workerData: { port: Number(port), sent } })
  t.after(() => worker.terminate())
  const answers = on(worker, 'message')
  const answer = async () => ((await answers.next()).value as [string])[0]
  /** Stands still until the system has one more request. */
  function send() {
    const before = Atomics.load(sent, 0)
    worker.postMessage('send')
    Atomics.wait(sent, 0, before, 10_000)
  }
  assert.match(await answer(), /^HTTP\/1\.1 200 /)
  assert.match(await answer(), /^HTTP\/1\.1 200 /)

  const drained = drainHttpServer(app, { quietMs, deadlineMs: 60_000 })
  const overMs = performance.now() + quietMs
  whileAnswering = 1
  send()
  while (performance.now() <= overMs); // until the time of quiet connections is over
  const last = /^HTTP\/1\.1 200 .*\r\nconnection: close\r\n/is
  assert.match(await answer(), last)
  assert.match(await answer(), last)
  await drained
})
