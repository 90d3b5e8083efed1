import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { AttemptResult } from '#shared/delivery/attempt.ts'
import { createReceiver } from '../../support/receiver.ts'
import { createClient, requestTo } from './attempts.ts'

const failureOf = (result: AttemptResult) => {
  assert.ok(result.kind === 'failure')
  return { stage: result.stage, code: result.code, detail: result.detail }
}

test('an address that is not allowed is never dialled', async (t) => {
  const receiver = await createReceiver(t)
  const client = createClient(t, { allow: '' })
  const { stage, code, detail } = failureOf(await client.attempt(requestTo(receiver.url)))
  assert.deepEqual([stage, code, detail], ['egress', 'egress-refused', '127.0.0.1 is a loopback address'])
  assert.equal(receiver.connections(), 0)
})

test('a name is judged by the address it resolves to', async (t) => {
  const receiver = await createReceiver(t)
  const byName = receiver.url.replace('127.0.0.1', 'localhost')
  const refused = failureOf(await createClient(t, { allow: '' }).attempt(requestTo(byName)))
  assert.equal(refused.code, 'egress-refused')
  assert.match(refused.detail, /^localhost: .* is a loopback address$/)
  assert.equal(receiver.connections(), 0)
  for (const allow of ['localhost', '127.0.0.0/8,::1']) {
    const result = await createClient(t, { allow }).attempt(requestTo(byName))
    assert.equal(result.kind, 'answer', allow)
    assert.ok(result.timingsMs.dns > 0)
  }
})

test('of several addresses only those that are allowed are dialled', async (t) => {
  const receiver = await createReceiver(t)
  const byName = receiver.url.replace('127.0.0.1', 'localhost')
  // localhost may also be ::1, where nothing listens and nothing may be dialled.
  const result = await createClient(t, { allow: '127.0.0.1' }).attempt(requestTo(byName))
  assert.equal(result.kind, 'answer')
})

test('ports of other protocols are never dialled', async (t) => {
  const { code, detail } = failureOf(await createClient(t).attempt(requestTo('http://127.0.0.1:6379/')))
  assert.deepEqual([code, detail], ['egress-refused', 'port 6379 belongs to another protocol'])
})

test('a name that does not exist ends at stage dns', async (t) => {
  const { stage, code } = failureOf(await createClient(t).attempt(requestTo('http://no-such-host.invalid/')))
  assert.equal(stage, 'dns')
  // Without a resolver that answers, the system says "try again" instead of "not found".
  assert.match(code, /^dns-(not-found|failed)$/)
})

test('a host that swallows everything is given up after the connect timeout', async (t) => {
  const port = await createBlackHole(t)
  const client = createClient(t, { connectTimeoutMs: 200, timeoutMs: 2_000 })
  const result = await client.attempt(requestTo(`http://127.0.0.1:${port}/`))
  assert.deepEqual(failureOf(result), {
    stage: 'timeout',
    code: 'connect-timeout',
    detail: 'connect timed out after 200 ms',
  })
})

test('one deadline covers everything, the connection too', async (t) => {
  const port = await createBlackHole(t)
  const client = createClient(t, { connectTimeoutMs: 2_000, timeoutMs: 150 })
  const { code, detail } = failureOf(await client.attempt(requestTo(`http://127.0.0.1:${port}/`)))
  assert.deepEqual([code, detail], ['connect-timeout', 'no connection within 150 ms'])
})

/** A port whose queue of connections is full and whose owner is stopped: the kernel drops every further SYN. */
async function createBlackHole(t: TestContext): Promise<number> {
  const source = `require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
    process.stdout.write(String(this.address().port))
  })`
  const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const [text] = await once(child.stdout, 'data')
  const port = Number(text)
  child.kill('SIGSTOP')
  for (let index = 0; index < 8; index += 1) {
    const filler = connect(port, '127.0.0.1').on('error', () => {})
    t.after(() => filler.destroy())
  }
  return port
}
