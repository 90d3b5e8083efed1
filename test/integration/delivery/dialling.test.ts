import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { AttemptResult } from '#shared/delivery/attempt.ts'
import { createReceiver, createReturningReceiver } from '../../support/receiver.ts'
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

/** A name server of the test: each call gets the next answer, the last one again and again. */
function resolverOf(...answers: string[][]) {
  const asked: string[] = []
  const resolve = async (host: string) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? []
    asked.push(host)
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
  return { asked, resolve }
}

/** Counts who comes to `host`, on the port of somebody else. */
async function createTrap(t: TestContext, host: string, port: number): Promise<() => number> {
  let visits = 0
  const server = createServer(() => {
    visits += 1
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  t.after(() => new Promise((resolve) => server.close(resolve)))
  return () => visits
}

test('of a name with allowed and other addresses only the allowed ones are dialled, in any order', async (t) => {
  const receiver = await createReceiver(t)
  const visits = await createTrap(t, '127.0.0.2', receiver.port)
  for (const addresses of [
    ['127.0.0.2', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.2'],
    ['::ffff:127.0.0.2', '169.254.169.254', '127.0.0.1'],
  ]) {
    const { resolve } = resolverOf(addresses)
    const client = createClient(t, { allow: '127.0.0.1', resolve })
    const result = await client.attempt(requestTo(`http://mixed.invalid:${receiver.port}/`))
    assert.equal(result.kind, 'answer', addresses.join())
  }
  assert.equal(visits(), 0)
})

test('a name that changes its address after the check is dialled at the address that was checked', async (t) => {
  const receiver = await createReturningReceiver(t)
  const visits = await createTrap(t, '127.0.0.2', receiver.port)
  const { asked, resolve } = resolverOf(['127.0.0.1'], ['127.0.0.2'])
  const client = createClient(t, { allow: '127.0.0.1', resolve })
  const url = `http://rebinding.invalid:${receiver.port}/`
  assert.equal((await client.attempt(requestTo(url))).kind, 'answer')
  // One question for one connection: what was answered is what was dialled, and the second answer was never heard.
  assert.deepEqual([asked, visits()], [['rebinding.invalid'], 0])
  await receiver.refuse()
  await receiver.accept()
  let result = await client.attempt(requestTo(url))
  // The kept connection is gone; a new one asks again, and the new address is not allowed.
  if (result.kind === 'failure' && result.stage === 'io') result = await client.attempt(requestTo(url))
  assert.deepEqual(failureOf(result), {
    ...{ stage: 'egress', code: 'egress-refused', detail: 'rebinding.invalid: 127.0.0.2 is a loopback address' },
  })
  assert.equal(visits(), 0)
})

test('a name never leads to a metadata service, whatever the operator allows', async (t) => {
  for (const address of ['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254', '64:ff9b::a9fe:a9fe']) {
    const { resolve } = resolverOf([address])
    const client = createClient(t, { allow: '0.0.0.0/0,::/0,metadata.invalid', resolve })
    const { code, detail } = failureOf(await client.attempt(requestTo('http://metadata.invalid/latest/meta-data')))
    assert.deepEqual([code, detail.includes('metadata service')], ['egress-refused', true], detail)
  }
})

test('an answer of the name server that is no address is dialled nowhere', async (t) => {
  for (const addresses of [['localhost'], ['0x7f.1'], ['']]) {
    const { resolve } = resolverOf(addresses)
    const result = await createClient(t, { resolve }).attempt(requestTo('http://odd.invalid/'))
    assert.equal(failureOf(result).code, 'egress-refused', addresses.join())
  }
  const { resolve } = resolverOf([])
  const empty = await createClient(t, { resolve }).attempt(requestTo('http://empty.invalid/'))
  assert.equal(failureOf(empty).code, 'dns-not-found')
})

test('redirects are not followed, wherever they lead', async (t) => {
  const elsewhere = await createReceiver(t)
  const receiver = await createReceiver(t)
  const client = createClient(t)
  for (const status of [301, 302, 303, 307, 308]) {
    receiver.behave({ kind: 'answer', status, headers: { location: elsewhere.url } })
    const result = await client.attempt(requestTo(receiver.url))
    assert.equal(result.kind === 'answer' && result.status, status)
  }
  assert.equal(elsewhere.connections(), 0)
  assert.equal(elsewhere.requests.length, 0)
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
