import assert from 'node:assert/strict'
import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { Webhook } from 'standardwebhooks'
import { topicNames } from '#shared/catalog/names.ts'
import { openAdmin } from '#shared/kafka/admin.ts'
import { followTopic } from '#shared/kafka/follower.ts'
import { openLanes } from '#shared/kafka/lanes.ts'
import type { Log } from '#shared/observability/log.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { openRedis } from '#shared/redis/connection.ts'
import { readInstances } from '#shared/redis/instances.ts'
import { readConsumerConfig } from '../../../services/consumer/config.ts'
import { startConsumer } from '../../../services/consumer/service.ts'
import { makeCertificates } from '../../support/certificates.ts'
import { testBrokers, testRedisUrl } from '../../support/dependencies.ts'
import { createReceiver, type Received } from '../../support/receiver.ts'
import { createTlsReceiver } from '../../support/tls-receiver.ts'
import { until } from '../../support/until.ts'
import { createInstallation, type Installation, quietLog } from './running-console.ts'

const path = '/v1/subscriptions/billing'
const pem = makeCertificates()

/** Every line at every level, with nothing redacted: secrets must not even be handed to a log. */
function createLog(): { log: Log; text(): string } {
  const lines: string[] = []
  const log = pino(
    { level: 'trace', serializers: { err: pino.stdSerializers.errWithCause } },
    { write: (line) => void lines.push(line) },
  )
  return { log, text: () => lines.join('') }
}

async function runConsumer(installation: Installation, { masterKey, log }: { masterKey: string; log: Log }) {
  const config = readConsumerConfig({
    ...{ KAFKA_BROKERS: testBrokers().join(','), REDIS_URL: testRedisUrl(), TAILRACE_PREFIX: installation.prefix },
    ...{ TAILRACE_ADMIN_PORT: '0', TAILRACE_MASTER_KEY: masterKey, TAILRACE_EGRESS_ALLOW: '127.0.0.0/8' },
    TAILRACE_INSTANCE_ID: `consumer-${randomBytes(3).toString('hex')}`,
  })
  const service = await startConsumer(config, log)
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= service.stop()
    return stopped
  }
  installation.defer(stop)
  return { stop }
}

/** Appends events to the stream demo, numbered on. */
function createPublisher(t: TestContext, installation: Installation) {
  const connection = { brokers: testBrokers(), clientId: 'test-publish', log: quietLog }
  const lanes = openLanes({ connection, metrics: createMetrics(), kind: 'shared' })
  t.after(() => lanes.close())
  let next = 0
  return async (count: number) => {
    const ids = Array.from({ length: count }, () => `e${next++}`)
    const headersOf = (id: string) => ({
      ...{
        ce_specversion: '1.0',
        ce_id: id,
        ce_source: '/shop',
        ce_type: 'order.created',
        'content-type': 'text/plain',
      },
    })
    const append = (id: string, index: number) =>
      lanes.append(`${installation.prefix}events.demo`, index % 6, {
        ...{ key: null, value: Buffer.from(`größe of ${id}`), headers: headersOf(id) },
      })
    await Promise.all(ids.map(append))
  }
}

/** Every byte that the topics of the installation hold for good, keys and headers included. */
async function recordsOf(t: TestContext, { prefix }: Installation): Promise<string[]> {
  const connection = { brokers: testBrokers(), clientId: 'test-read', log: quietLog }
  const admin = await openAdmin(connection)
  t.after(() => admin.close())
  const { isOwn } = topicNames(prefix)
  const texts: string[] = []
  for (const topic of (await admin.topics()).filter(isOwn)) {
    const ends = await admin.offsets(topic)
    let missing = ends.reduce((sum, { low, high }) => sum + high - low, 0)
    const follower = await followTopic({
      ...{ connection, topic },
      hello: { key: Buffer.from('-'), append: () => Promise.reject(new Error('never asked')) },
      onRecord({ key, value, headers }) {
        texts.push(`${key?.toString('latin1')} ${value?.toString('latin1')} ${JSON.stringify(headers)}`)
        missing -= 1
      },
    })
    await until(`all of ${topic} is read`, () => missing <= 0)
    await follower.close()
  }
  return texts
}

test('what receivers are shown to trust us is shown to nobody else, and kept nowhere in the clear', async (t) => {
  const installation = await createInstallation(t)
  const { log, text } = createLog()
  const { api } = await installation.start({}, log)
  const masterKey = installation.masterKey()
  await runConsumer(installation, { masterKey, log })
  const publish = createPublisher(t, installation)
  const receiver = await createTlsReceiver(t, pem, ({ headers }) =>
    // A receiver that tells its caller everything, and refuses what it was sent.
    headers['ce-id'] === 'e0' || headers['ce-type'] === 'tailrace.test'
      ? { status: 422, body: JSON.stringify(headers) }
      : { status: 200 },
  )
  const [hmac, seed] = [randomBytes(32), randomBytes(32)]
  const [token, password] = [
    `canary-token-${randomBytes(12).toString('hex')}`,
    `canary-pass-${randomBytes(12).toString('hex')}`,
  ]
  const secrets: Record<string, Buffer> = {
    ...{ hmac, seed, token: Buffer.from(token), password: Buffer.from(password) },
    ...{ masterKey: Buffer.from(masterKey, 'base64'), credentials: Buffer.from(`billing:${password}`) },
    key: Buffer.from(pem.key.toString().split('\n')[1] ?? '', 'base64'),
  }
  const definition = {
    ...{ stream: 'demo', from: 'earliest', signing: { schemes: ['v1', 'v1a'] } },
    destination: {
      targets: [{ url: receiver.url }],
      headers: { 'x-team': 'billing' },
      auth: { kind: 'bearer', token },
      tls: { certificate: pem.good.toString(), key: pem.key.toString(), ca: pem.ca.toString() },
    },
  }
  const made = await api('PUT', path, { ...definition, signingSecret: `whsec_${hmac.toString('base64')}` })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const imported = await api('POST', `${path}/rotate-secret`, { signingSecret: `whsk_${seed.toString('base64')}` })
  assert.equal(imported.status, 200)
  await publish(7)
  await until('all are delivered or refused', () => receiver.requests.length >= 7)

  await t.test('the receiver sees certificate, credentials and headers', async () => {
    for (const { headers, caller } of receiver.requests) {
      assert.deepEqual([headers.authorization, headers['x-team'], caller], [`Bearer ${token}`, 'billing', 'receiver'])
    }
  })
  const answers = [
    ...[await api('GET', path), await api('GET', '/v1/subscriptions'), await api('POST', `${path}/test`)],
    ...[await api('PUT', path, definition), await api('PATCH', path, { description: 'x' })],
    await api('PATCH', path, { destination: { auth: { kind: 'bearer', token: `${token} ` } } }),
    await api('PATCH', path, { destination: { tls: { key: pem.key.toString().slice(0, -40) } } }),
  ]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 200, 400, 400],
  )
  await t.test('a test of a receiver that repeats what it got shows no credentials', () => {
    assert.match(String(answers[2]?.body.responseBody), /\[concealed\]/)
  })
  await t.test('other credentials count from the next request on', async () => {
    const changed = await api('PATCH', path, {
      destination: { auth: { kind: 'basic', username: 'billing', password } },
    })
    answers.push(changed)
    const { auth } = changed.body.destination as { auth: { password: { set: boolean } } }
    assert.deepEqual([changed.status, auth.password.set], [200, true])
    const expected = `Basic ${Buffer.from(`billing:${password}`).toString('base64')}`
    await until('the consumer has seen it', async () => {
      await publish(1)
      return receiver.requests.at(-1)?.headers.authorization === expected
    })
    answers.push(await api('POST', `${path}/test`), await api('GET', '/v1/state'))
  })
  await t.test('neither answers, logs, Redis nor any topic hold a secret in any spelling', async (t) => {
    const redis = openRedis({ url: testRedisUrl(), log: quietLog })
    t.after(() => redis.close())
    const instances = await until('Redis tells of the consumer', async () => {
      const text = JSON.stringify(await readInstances(redis, installation.prefix, Date.now()))
      return text.includes('billing') && text
    })
    const places: Record<string, string> = {
      answers: answers.map(({ body }) => JSON.stringify(body)).join('\n'),
      logs: text(),
      redis: instances,
      topics: (await recordsOf(t, installation)).join('\n'),
    }
    assert.ok(
      places.topics?.includes('sealed') && places.redis?.includes('billing') && places.logs?.includes('billing'),
    )
    for (const [where, content] of Object.entries(places)) {
      for (const [name, bytes] of Object.entries(secrets)) {
        const [base64, hex] = [bytes.toString('base64').replace(/=+$/, ''), bytes.toString('hex')]
        for (const spelling of [
          bytes.toString('latin1'),
          base64,
          bytes.toString('base64url'),
          hex,
          hex.toUpperCase(),
        ]) {
          assert.equal(content.includes(spelling), false, `${name} stands in the ${where}`)
        }
      }
    }
  })
})

test('an instance with another master key sends nothing, says why, and leaves the work to the others', async (t) => {
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  const receiver = await createReceiver(t)
  const publish = createPublisher(t, installation)
  assert.equal((await api('DELETE', '/v1/subscriptions/demo-inbox')).status, 204)
  await api('PUT', path, { stream: 'demo', from: 'earliest', destination: { targets: [{ url: receiver.url }] } })
  await publish(6)
  const { log, text } = createLog()
  const stranger = await runConsumer(installation, { masterKey: randomBytes(32).toString('base64'), log })
  const status = async () => (await api('GET', path)).body.status as { phase: string; reason: string }
  await until('the console says so', async () => (await status()).reason === 'secrets-unreadable')
  assert.equal((await status()).phase, 'failed')
  const { problems } = (await api('GET', '/v1/state')).body as { problems: { code: string; fix: string }[] }
  assert.match(problems.find(({ code }) => code === 'subscription-failed')?.fix ?? '', /master key/)
  assert.match(text(), /sealed under the master key [0-9a-f]{8}; this process has the master key [0-9a-f]{8}/)
  assert.equal(receiver.requests.length, 0)
  await runConsumer(installation, { masterKey: installation.masterKey(), log: quietLog })
  await until('the other one delivers', () => receiver.requests.length === 6)
  assert.ok(receiver.requests.every(({ headers }) => String(headers['webhook-signature']).startsWith('v1,')))
  await stranger.stop()
  await until('nothing is wrong any more', async () => (await status()).phase === 'active')
})

/** Whether a receiver that was given this secret or public key takes the request. */
function accepts({ headers, body }: Received, known: string): boolean {
  if (known.startsWith('whsec_')) {
    try {
      new Webhook(known).verify(body.toString(), headers as Record<string, string>, { jsonParse: false })
      return true
    } catch {
      return false
    }
  }
  const x = Buffer.from(known.replace('whpk_', ''), 'base64').toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  const content = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
  const signatures = String(headers['webhook-signature']).split(' ')
  return signatures.some((one) => {
    const [scheme, text = ''] = one.split(',')
    return scheme === 'v1a' && verify(null, content, key, Buffer.from(text, 'base64'))
  })
}

test('secrets rotate under traffic: a receiver never has to refuse, whichever it knows', async (t) => {
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  const receiver = await createReceiver(t)
  const publish = createPublisher(t, installation)
  await runConsumer(installation, { masterKey: installation.masterKey(), log: quietLog })
  const made = await api('PUT', path, {
    ...{ stream: 'demo', destination: { targets: [{ url: receiver.url }] }, signing: { schemes: ['v1', 'v1a'] } },
  })
  const known = (body: { [member: string]: unknown }) => ({
    secret: String(body.signingSecret),
    publicKey: String(body.publicKey ?? (body.signing as { publicKey: string }).publicKey),
  })
  const before = known(made.body)
  let published = 0
  let isFlowing = true
  const flow = (async () => {
    while (isFlowing) {
      await publish(12)
      published += 12
    }
  })()
  await until('traffic flows', () => receiver.requests.length > 50)
  const rotated = await api('POST', `${path}/rotate-secret`, { overlapMs: 60_000 })
  const after = known(rotated.body)
  const signedByBoth = () => receiver.requests.filter((one) => accepts(one, after.secret)).length
  await until('the new ones sign along', () => signedByBoth() > 50)
  const seen = receiver.requests.length
  for (const one of receiver.requests.slice(0, seen)) {
    assert.ok(accepts(one, before.secret) && accepts(one, before.publicKey), 'whoever knows the old ones')
  }
  const firstNew = receiver.requests.findIndex((one) => accepts(one, after.secret))
  const lagging = receiver.requests.slice(firstNew, seen).filter((one) => !accepts(one, after.secret)).length
  t.diagnostic(
    `${seen} requests, the first with the new secret is number ${firstNew}, ${lagging} without it after that`,
  )
  for (const one of receiver.requests.slice(firstNew, seen)) {
    assert.equal(accepts(one, after.secret), accepts(one, after.publicKey), 'both schemes change together')
  }
  // Brought forward: another rotation drops the oldest, one without overlap the previous.
  const last = known((await api('POST', `${path}/rotate-secret`, { overlapMs: 0 })).body)
  const newest = () => receiver.requests.at(-1)
  await until('only the last ones sign', () => {
    const one = newest()
    return one !== undefined && accepts(one, last.secret) && accepts(one, last.publicKey) && !accepts(one, after.secret)
  })
  isFlowing = false
  await flow
  const delivered = () => new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size
  await until('all are delivered', () => delivered() === published)
  for (const one of receiver.requests) {
    const keys = [before, after, last].flatMap(({ secret, publicKey }) => [[secret, publicKey]])
    assert.ok(keys.some(([secret = '', publicKey = '']) => accepts(one, secret) && accepts(one, publicKey)))
  }
})
