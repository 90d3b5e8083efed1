import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { Webhook } from 'standardwebhooks'
import { noAccess } from '#shared/delivery/access.ts'
import { decide } from '#shared/delivery/decide.ts'
import { createReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createClient, requestTo, secret } from './attempts.ts'

test('the bytes arrive as they are, signed so that the library of Standard Webhooks verifies them', async (t) => {
  const receiver = await createReceiver(t)
  const client = createClient(t)
  const bodies = [Buffer.from('{"a": 1 }\n'), randomBytes(100_000), Buffer.alloc(0), randomBytes(512 * 1024)]
  for (const body of bodies) {
    const result = await client.attempt(requestTo(`${receiver.url}hooks?a=b%20c`, body))
    assert.equal(result.kind, 'answer')
  }
  assert.deepEqual(
    receiver.requests.map(({ body }) => body),
    bodies,
  )
  const [first] = receiver.requests
  assert.deepEqual([first?.method, first?.path], ['POST', '/hooks?a=b%20c'])
  const webhook = new Webhook(secret.toString('base64'))
  webhook.verify(bodies[0]?.toString() ?? '', first?.headers as Record<string, string>)
})

test('an answer comes back with status, headers, body and timings', async (t) => {
  const receiver = await createReceiver(t, {
    behaviour: { kind: 'answer', status: 422, headers: { 'x-reason': 'total' }, body: 'total is negative' },
  })
  const result = await createClient(t).attempt(requestTo(receiver.url))
  assert.ok(result.kind === 'answer')
  assert.deepEqual(
    [result.status, result.headers['x-reason'], result.body.toString(), result.truncated],
    [422, 'total', 'total is negative', false],
  )
  const { connect, firstByte, total } = result.timingsMs
  assert.ok(connect > 0 && firstByte !== null && connect < firstByte && firstByte <= total)
})

test('connections are kept: later attempts neither dial nor count time for it', async (t) => {
  const receiver = await createReceiver(t)
  const client = createClient(t, { connections: 1 })
  for (let index = 0; index < 50; index += 1) await client.attempt(requestTo(receiver.url))
  assert.equal(receiver.connections(), 1)
  const { timingsMs } = await client.attempt(requestTo(receiver.url))
  assert.deepEqual([timingsMs.dns, timingsMs.connect, timingsMs.tls], [0, 0, 0])
})

test('no more connections are opened than the subscription may use, and one carries one request at a time', async (t) => {
  const receiver = await createReceiver(t, { behaviour: { kind: 'answer', delayMs: 20 } })
  const client = createClient(t, { connections: 4 })
  const results = await Promise.all(Array.from({ length: 20 }, () => client.attempt(requestTo(receiver.url))))
  assert.ok(results.every(({ kind }) => kind === 'answer'))
  assert.equal(receiver.connections(), 4)
})

test('204 and 299 are delivered, 304 is not, 410 takes the target out', async (t) => {
  const receiver = await createReceiver(t)
  const client = createClient(t)
  const kinds: string[] = []
  for (const status of [204, 299, 304, 410]) {
    receiver.behave({ kind: 'answer', status })
    kinds.push(decide(await client.attempt(requestTo(receiver.url)), Date.now()).kind)
  }
  assert.deepEqual(kinds, ['delivered', 'delivered', 'retry', 'target-gone'])
})

test('Retry-After is read from the wire, however odd', async (t) => {
  const receiver = await createReceiver(t)
  const client = createClient(t)
  const waits: unknown[] = []
  const values = ['3', '1000000000000', '1e12', '-1', 'Sat, 21 Nov 2020 10:00:00 GMT', 'later']
  for (const value of values) {
    receiver.behave({ kind: 'answer', status: 503, headers: { 'retry-after': value } })
    waits.push(decide(await client.attempt(requestTo(receiver.url)), Date.now()).retryAfterMs)
  }
  assert.deepEqual(waits, [3_000, 900_000, null, null, 1_000, null])
})

test('an abort ends the attempt at once and closes its connection', async (t) => {
  const receiver = await createReceiver(t, { behaviour: { kind: 'hang' } })
  const client = createClient(t)
  const stop = new AbortController()
  const attempt = client.attempt(requestTo(receiver.url), { signal: stop.signal })
  await until('the request arrived', () => receiver.requests.length === 1)
  stop.abort()
  const result = await attempt
  assert.deepEqual([result.kind, 'code' in result && result.code], ['failure', 'aborted'])
  await until('the connection is closed', () => receiver.openConnections() === 0)
})

test('an answer that came while this process stood still counts, though its time is over', async (t) => {
  const shared = new Int32Array(new SharedArrayBuffer(8))
  const receiver = new Worker(answersWhenTold, { eval: true, workerData: shared })
  t.after(() => receiver.terminate())
  const [port] = await once(receiver, 'message')
  const attempt = createClient(t, { timeoutMs: 1_000 }).attempt(requestTo(`http://127.0.0.1:${port}/`))
  await once(receiver, 'message')
  Atomics.store(shared, 0, 1)
  Atomics.wait(shared, 1, 0, 1_500)
  const result = await attempt
  assert.ok(result.kind === 'answer', JSON.stringify(result))
  assert.equal(result.status, 200)
})

/** A receiver on a thread of its own: it says its port, and that a request is there, and answers that once it is told to. */
const answersWhenTold = `
  const { parentPort, workerData } = require('node:worker_threads')
  const server = require('node:http').createServer((request, response) => {
    parentPort.postMessage('asked')
    const look = setInterval(() => {
      if (Atomics.load(workerData, 0) === 0) return
      clearInterval(look)
      response.end('taken')
    }, 10)
  })
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

test('an aborted signal stops an attempt before anything is sent', async (t) => {
  const receiver = await createReceiver(t)
  const result = await createClient(t).attempt(requestTo(receiver.url), { signal: AbortSignal.abort() })
  assert.equal(result.kind === 'failure' && result.code, 'aborted')
  assert.equal(receiver.connections(), 0)
})

test('one signal may watch any number of attempts without a warning or a leak', async (t) => {
  const receiver = await createReceiver(t)
  const client = createClient(t)
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  t.after(() => process.off('warning', onWarning))
  const { signal } = new AbortController()
  await Promise.all(Array.from({ length: 100 }, () => client.attempt(requestTo(receiver.url), { signal })))
  await new Promise(setImmediate)
  assert.deepEqual(warnings, [])
})

test('closing the client ends what is in flight', async (t) => {
  const receiver = await createReceiver(t, { behaviour: { kind: 'hang' } })
  const client = createClient(t)
  const attempts = [client.attempt(requestTo(receiver.url)), client.attempt(requestTo(receiver.url))]
  await until('the requests arrived', () => receiver.requests.length === 2)
  await client.close()
  for (const result of await Promise.all(attempts)) assert.equal(result.kind === 'failure' && result.code, 'aborted')
  await until('the connections are closed', () => receiver.openConnections() === 0)
})

test('headers and credentials of a subscription go with every request, beside those of the event', async (t) => {
  const receiver = await createReceiver(t)
  const headers = ['X-Team', 'billing', 'authorization', 'Bearer abc']
  const client = createClient(t, { access: { ...noAccess, headers } })
  for (let request = 0; request < 2; request += 1) await client.attempt(requestTo(receiver.url))
  for (const { headers: arrived } of receiver.requests) {
    assert.deepEqual([arrived['x-team'], arrived.authorization], ['billing', 'Bearer abc'])
    assert.deepEqual([arrived['ce-id'], arrived['content-type']], ['1', 'text/plain'])
  }
})

test('nothing leaves unsigned: without secrets no connection is made', async (t) => {
  const receiver = await createReceiver(t)
  const request = requestTo(receiver.url)
  const result = await createClient(t).attempt({ ...request, signing: { ...request.signing, secrets: [] } })
  assert.equal(result.kind === 'failure' && result.code, 'aborted')
  assert.equal(receiver.connections(), 0)
})

test('a GET carries what the subscription proves and nothing else, under the same guard and time limit', async (t) => {
  const receiver = await createReceiver(t, { behaviour: { kind: 'answer', status: 204 } })
  const access = { ...noAccess, headers: ['authorization', 'Bearer abc'] }
  const url = `${receiver.url}healthz?deep=1`
  const well = await createClient(t, { access }).get(url)
  assert.equal(well.kind === 'answer' && well.status, 204)
  const [{ method, path, headers, body } = assert.fail('nothing arrived')] = receiver.requests
  assert.deepEqual([method, path, headers.authorization, body.length], ['GET', '/healthz?deep=1', 'Bearer abc', 0])
  assert.deepEqual([headers['webhook-signature'], headers['content-length']], [undefined, undefined])
  const refused = await createClient(t, { allow: '' }).get(url)
  assert.equal(refused.kind === 'failure' && refused.code, 'egress-refused')
  receiver.behave({ kind: 'hang' })
  const late = await createClient(t, { timeoutMs: 50 }).get(url)
  assert.equal(late.kind === 'failure' && late.code, 'first-byte-timeout')
})

test('nothing is sent that may not start any more when its connection is there, or when its turn comes on a kept one', async (t) => {
  const receiver = await createReceiver(t)
  const client = createClient(t, { connections: 1 })
  let isOwner = true
  const attempt = () => client.attempt(requestTo(receiver.url), { mayStart: () => isOwner })
  const lost = async () => {
    const attempting = attempt()
    isOwner = false
    const result = await attempting
    isOwner = true
    assert.ok(result.kind === 'failure')
    assert.equal(result.code, 'aborted')
  }
  await lost()
  assert.equal((await attempt()).kind, 'answer')
  await lost()
  assert.equal((await attempt()).kind, 'answer')
  assert.equal(receiver.requests.length, 2)
})
