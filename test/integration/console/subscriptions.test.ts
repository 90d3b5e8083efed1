import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { openAdmin } from '#shared/kafka/admin.ts'
import { openLanes } from '#shared/kafka/lanes.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { testBrokers } from '../../support/dependencies.ts'
import { createReceiver, createReturningReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createInstallation, quietLog } from './running-console.ts'

const path = '/v1/subscriptions/billing'
const definition = (url: string) => ({ stream: 'demo', destination: { targets: [{ url }] } })
const secretOf = (text: string) => Buffer.from(text.replace('whsec_', ''), 'base64').toString('base64')

test('subscriptions follow the rules of the API', async (t) => {
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  const receiver = await createReturningReceiver(t)
  const url = `${receiver.url}hooks`
  let secret = ''

  await t.test('a PUT creates it with every default, and shows the signing secret once', async () => {
    const made = await api('PUT', path, definition(url))
    assert.equal(made.status, 201)
    secret = String(made.body.signingSecret)
    assert.match(secret, /^whsec_/)
    assert.match(String(made.body.group), new RegExp(`^${installation.prefix}billing\\.${made.body.uid}$`))
    assert.deepEqual(made.body.retry, {
      scheduleMs: [5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 10_800_000, 21_600_000],
      giveUpAfterMs: 86_400_000,
      whileBlocked: 'wait',
    })
    assert.deepEqual(made.body.startOffsets, { 0: 0, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 })
    for (const answer of [await api('GET', path), await api('PUT', path, definition(url))]) {
      assert.equal(answer.status, 200)
      assert.equal(answer.body.signingSecret, undefined)
    }
  })

  await t.test('an answer can be PUT again and changes nothing', async () => {
    const { body } = await api('GET', path)
    const again = await api('PUT', path, { ...body, signingSecret: secret })
    assert.deepEqual([again.status, again.body.revision], [200, body.revision])
  })

  await t.test('a PATCH merges deeply and keeps what it does not name', async () => {
    const { body } = await api('PATCH', path, { delivery: { concurrency: 7 }, description: 'x' })
    assert.deepEqual(body.delivery, {
      ...{ timeoutMs: 15_000, connectTimeoutMs: 3_000, concurrency: 7, rateLimit: null, onStatus: {} },
    })
    const back = await api('PATCH', path, { delivery: { concurrency: null } })
    assert.equal((back.body.delivery as { concurrency: number }).concurrency, 64)
  })

  await t.test('stream and start cannot change', async () => {
    await api('PUT', '/v1/streams/other', { partitions: 1 })
    assert.equal((await api('PATCH', path, { stream: 'other' })).body.code, 'immutable-field')
    assert.equal((await api('PATCH', path, { from: 'earliest' })).body.code, 'immutable-field')
    assert.equal((await api('DELETE', '/v1/streams/other?topic=delete')).status, 204)
  })

  await t.test('a filter is stored as it is, and one that cannot work is refused with place and fix', async () => {
    const filter = { types: ['order.*', 'invoice.**'], cel: 'event.data.total > 100' }
    assert.deepEqual((await api('PATCH', path, { filter })).body.filter, filter)
    const bad: [object, string, RegExp][] = [
      [{ types: ['order.*', 'ord*'] }, '/filter/types/1', /stands for a whole segment/],
      [{ types: [] }, '/filter/types', /items/],
      [{ cel: 'event.data.total >' }, '/filter/cel', /at character 19/],
      [{ cel: 'evnt.type == "a"' }, '/filter/cel', /at character 1: Unknown variable: evnt/],
      [{ cel: 'event.data.a.matches("(a+")' }, '/filter/cel', /at character 22: the pattern/],
      [{ cel: 'event.data.a.contains(event.data.b)' }, '/filter/cel', /text in quotes/],
      [{ cel: `event.type == "${'x'.repeat(8_192)}"` }, '/filter', /TAILRACE_LIMIT_FILTER_BYTES/],
    ]
    for (const [wrong, pointer, detail] of bad) {
      const refused = await api('PATCH', path, { filter: { types: null, cel: null, ...wrong } })
      const [fault] = refused.body.errors as { pointer: string; detail: string }[]
      assert.deepEqual([refused.status, refused.body.code, fault?.pointer], [400, 'body-invalid', pointer])
      assert.match(fault?.detail ?? '', detail)
    }
    assert.deepEqual((await api('PATCH', path, { filter: null })).body.filter, { types: null, cel: null })
  })

  await t.test('a topic of the cluster is a destination when it is safe, and none of ours', async () => {
    const { body: stream } = await api('PUT', '/v1/streams/copy', { partitions: 1 })
    const { body: billing } = await api('GET', path)
    const put = (destination: object) => api('PUT', '/v1/subscriptions/mirror', { stream: 'demo', destination })
    const own = (await api('GET', '/v1/streams/demo')).body.topic
    const prefix = String(stream.topic).replace(/events\.copy$/, '')
    const bad: [object, string, string][] = [
      [{ kind: 'kafka' }, '/destination/topic', 'missing'],
      [{ kind: 'kafka', topic: 'copy', targets: [{ url }] }, '/destination/targets', 'not-allowed'],
      [{ kind: 'http', topic: 'copy', targets: [{ url }] }, '/destination/topic', 'not-allowed'],
      [{ kind: 'http' }, '/destination/targets', 'missing'],
      [{ kind: 'kafka', topic: 'copy', headers: { 'x-a': 'b' } }, '/destination/headers', 'not-allowed'],
      [{ kind: 'kafka', topic: 'copy', auth: { kind: 'bearer', token: 'token' } }, '/destination/auth', 'not-allowed'],
      [{ kind: 'kafka', topic: 'a/b' }, '/destination/topic', 'wrong-form'],
      [{ kind: 'kafka', topic: '__consumer_offsets' }, '/destination/topic', 'not-allowed'],
      [{ kind: 'kafka', topic: `${prefix}catalog` }, '/destination/topic', 'not-allowed'],
      [{ kind: 'kafka', topic: billing.retryTopic }, '/destination/topic', 'not-allowed'],
      [{ kind: 'kafka', topic: own }, '/destination/topic', 'not-allowed'],
      [{ kind: 'kafka', topic: `${prefix}events.nowhere` }, '/destination/topic', 'topic-unknown'],
    ]
    for (const [destination, pointer, code] of bad) {
      const refused = await put(destination)
      const [fault] = refused.body.errors as { pointer: string; code: string }[]
      assert.deepEqual([refused.status, fault?.pointer, fault?.code], [400, pointer, code], JSON.stringify(destination))
    }
    const admin = await openAdmin({ brokers: testBrokers(), clientId: installation.prefix, log: quietLog })
    const unsafe = `unsafe-${installation.prefix}x`
    await admin.createTopic({ name: unsafe, partitions: 1, config: { 'min.insync.replicas': '1' } })
    t.after(async () => {
      await admin.deleteTopic(unsafe)
      await admin.close()
    })
    // On a loaded machine a broker may hear of a new topic more than a second after its making.
    const known = (destination: object) =>
      until('the topic is known', async () => {
        const answer = await put(destination)
        const [fault] = (answer.body.errors ?? []) as { code: string; detail: string }[]
        return fault?.code !== 'topic-unknown' && { ...answer, fault }
      })
    const { fault } = await known({ kind: 'kafka', topic: unsafe })
    assert.deepEqual(fault?.code, 'topic-unsafe')
    assert.match(fault?.detail ?? '', /min\.insync\.replicas is 1/)
    const made = await known({ kind: 'kafka', topic: stream.topic })
    assert.equal(made.status, 201)
    const shown = made.body as { destination: { targets: object[] }; status: { targets: { url: string }[] } }
    assert.deepEqual(shown.destination.targets, [])
    assert.deepEqual(
      shown.status.targets.map((one) => one.url),
      [`kafka:${stream.topic}`],
    )
    const { body: attempt } = await api('POST', '/v1/subscriptions/mirror/test', {})
    assert.deepEqual([attempt.decision, attempt.target], ['delivered', `kafka:${stream.topic}`])
    assert.equal((await api('DELETE', '/v1/subscriptions/mirror')).status, 204)
    assert.equal((await api('DELETE', '/v1/streams/copy?topic=delete')).status, 204)
  })

  await t.test('wrong values are refused with the member at fault', async () => {
    const wrong: [object, string][] = [
      [{ retry: { scheduleMs: [0] } }, '/retry/scheduleMs/0'],
      [{ retry: { scheduleMs: [5_000, 5_000] } }, '/retry/scheduleMs/1'],
      [{ retry: { giveUpAfterMs: -1 } }, '/retry/giveUpAfterMs'],
      [{ delivery: { concurrency: 1e9 } }, '/delivery/concurrency'],
      [{ delivery: { timeoutMs: 1_000 } }, '/delivery/connectTimeoutMs'],
      [{ delivery: { rateLimit: { perSecond: 0, burst: 1 } } }, '/delivery/rateLimit/perSecond'],
      [{ delivery: { rateLimit: { perSecond: 5 } } }, '/delivery/rateLimit/burst'],
      [{ delivery: { rateLimit: { perSecond: 5, burst: 5, perMinute: 1 } } }, '/delivery/rateLimit/perMinute'],
      [{ delivery: { rateLimit: 5 } }, '/delivery/rateLimit'],
      [{ retry: { whileBlocked: 'drop' } }, '/retry/whileBlocked'],
      [{ from: 'yesterday' }, '/from'],
      [{ destination: { targets: [] } }, '/destination/targets'],
      [{ destination: { targets: Array(21).fill({ url }) } }, '/destination/targets'],
      [{ destination: { targets: [{ url }, { url }] } }, '/destination/targets/1/url'],
      [{ destination: { targets: [{ url }, { url: 'http://10.0.0.1/' }] } }, '/destination/targets/1/url'],
      [{ destination: { targets: [{ url, weight: 0 }] } }, '/destination/targets/0/weight'],
      [{ destination: { targets: [{ url, healthPath: '//10.0.0.1/' }] } }, '/destination/targets/0/healthPath'],
      [{ destination: { targets: [{ url }], balance: 'sticky' } }, '/destination/balance'],
      [{ destination: { targets: [{ url }], balance: 'compare' } }, '/destination/targets'],
      [{ delivery: { onStatus: { '4x': 'retry' } } }, '/delivery/onStatus/4x'],
      [{ delivery: { onStatus: { 404: 'drop' } } }, '/delivery/onStatus/404'],
      [{ ordering: 'random' }, '/ordering'],
      [{ destination: { targets: [{ url }], format: 'avro' } }, '/destination/format'],
      [{ signingSecret: 'whsec_short' }, '/signingSecret'],
      [{ signingSecret: `whsk_${Buffer.alloc(32, 1).toString('base64')}` }, '/signingSecret'],
      [{ signing: { schemes: ['v2'] } }, '/signing/schemes/0'],
      [{ destination: { headers: { 'webhook-id': 'x' } } }, '/destination/headers/webhook-id'],
      [{ destination: { auth: { kind: 'bearer' } } }, '/destination/auth/token'],
      [{ destination: { tls: { ca: 'pem' } } }, '/destination/tls/ca'],
      [{ role: 'admin' }, '/role'],
    ]
    for (const [patch, pointer] of wrong) {
      const { status, body } = await api('PATCH', path, patch)
      assert.equal(status, 400, pointer)
      assert.deepEqual((body.errors as { pointer: string }[])[0]?.pointer, pointer)
    }
    assert.equal((await api('PUT', '/v1/subscriptions/x', definition(url))).status, 201)
    assert.equal((await api('DELETE', '/v1/subscriptions/x')).status, 204)
    const unknown = await api('PUT', '/v1/subscriptions/x', { ...definition(url), stream: 'absent' })
    assert.equal((unknown.body.errors as { code: string }[])[0]?.code, 'stream-unknown')
    const missing = await api('PUT', '/v1/subscriptions/x', {})
    const pointers = (missing.body.errors as { pointer: string }[]).map(({ pointer }) => pointer)
    assert.deepEqual(pointers.sort(), ['/destination', '/stream'])
  })

  await t.test('targets that may not be called are refused, whatever they are written as', async () => {
    const urls = [
      ...[
        'http://10.0.0.1/',
        'http://169.254.169.254/',
        'http://[::1]/',
        'http://[::ffff:10.0.0.1]/',
        'http://0x0a000001/',
      ],
      ...[
        'ftp://example.com/',
        'file:///etc/passwd',
        'http://user:pass@example.com/',
        'https://example.com/#x',
        'nonsense',
      ],
      ...['http://example.com:22/', `https://example.com/${'a'.repeat(2_100)}`, 'https://exa mple.com/'],
    ]
    for (const bad of urls) {
      const { status, body } = await api('PUT', '/v1/subscriptions/bad', definition(bad))
      assert.equal(status, 400, bad)
      assert.match(String(body.code), /^(body-invalid|target-refused)$/)
    }
    assert.equal(
      (await api('PUT', '/v1/subscriptions/bad', definition('http://10.0.0.1/'))).body.code,
      'target-refused',
    )
  })

  await t.test('test sends a signed event straight to the target and tells how it went', async () => {
    const sent = await api('POST', `${path}/test`)
    assert.deepEqual([sent.status, sent.body.decision, sent.body.status], [200, 'delivered', 200])
    const [request] = receiver.requests
    assert.ok(request)
    const event = new Webhook(secretOf(secret)).verify(
      request.body.toString(),
      request.headers as Record<string, string>,
    )
    assert.equal((event as { subscription: string }).subscription, 'billing')
    assert.equal(request.headers['ce-type'], 'tailrace.test')
    receiver.behave({ kind: 'answer', status: 422, body: 'no' })
    const refused = await api('POST', `${path}/test`, { type: 'my.type' })
    assert.deepEqual(
      [refused.body.decision, refused.body.code, refused.body.responseBody],
      ['dead-letter', 'status-422', 'no'],
    )
    await receiver.refuse()
    const failed = await api('POST', `${path}/test`)
    assert.deepEqual([failed.body.decision, failed.body.code, failed.body.status], ['retry', 'connect-refused', null])
    await receiver.accept()
    receiver.behave({ kind: 'answer' })
    assert.equal((await api('POST', `${path}/test`, { target: 'http://127.0.0.1:1/' })).status, 400)
  })

  await t.test(
    'several targets are kept as they were given; each has a status, and a test goes to the one named',
    async (t) => {
      const second = await createReceiver(t, { behaviour: { kind: 'answer', status: 409 } })
      const targets = [
        { url, weight: 3, backup: false, healthPath: '/healthz' },
        { url: second.url, weight: 1, backup: true, healthPath: null },
      ]
      const onStatus = { 409: 'delivered', '5xx': 'retry' }
      const { body } = await api('PATCH', path, {
        destination: { balance: 'weighted', targets },
        delivery: { onStatus },
      })
      const destination = body.destination as { balance: string; targets: object[] }
      assert.deepEqual([destination.balance, destination.targets], ['weighted', targets])
      assert.deepEqual((body.delivery as { onStatus: object }).onStatus, onStatus)
      const unseen = { breaker: null, openOn: 0, instances: 0, lastError: null, healthy: null }
      assert.deepEqual((body.status as { targets: object[] }).targets, [
        { url, ...unseen, byInstance: [] },
        { url: second.url, ...unseen, byInstance: [] },
      ])
      const state = (await api('GET', '/v1/state')).body.subscriptions as { name: string; targets: object[] }[]
      assert.deepEqual(state.find(({ name }) => name === 'billing')?.targets, [
        { url, ...unseen },
        { url: second.url, ...unseen },
      ])
      const before = receiver.requests.length
      const sent = await api('POST', `${path}/test`, { target: second.url })
      assert.deepEqual([sent.body.target, sent.body.status, sent.body.decision], [second.url, 409, 'delivered'])
      assert.deepEqual([second.requests.length, receiver.requests.length - before], [1, 0])
      const one = { destination: { balance: null, targets: [{ url }] }, delivery: { onStatus: null } }
      const back = await api('PATCH', path, one)
      assert.deepEqual((back.body.delivery as { onStatus: object }).onStatus, {})
    },
  )

  await t.test('rotation gives a new secret; the previous one signs along until its end', async () => {
    const rotated = await api('POST', `${path}/rotate-secret`, { overlapMs: 60_000 })
    assert.equal(rotated.status, 200)
    const fresh = String(rotated.body.signingSecret)
    assert.notEqual(fresh, secret)
    await api('POST', `${path}/test`)
    const request = receiver.requests.at(-1)
    assert.ok(request)
    for (const one of [secret, fresh]) {
      new Webhook(secretOf(one)).verify(request.body.toString(), request.headers as Record<string, string>)
    }
    const { body } = await api('GET', path)
    const { secrets } = body.signing as { secrets: { validUntil: string | null }[] }
    assert.deepEqual(
      secrets.map(({ validUntil }) => validUntil),
      [null, rotated.body.previousValidUntil],
    )
    const again = await api('POST', `${path}/rotate-secret`, {})
    const after = (await api('GET', path)).body.signing as { secrets: { validUntil: string | null }[] }
    assert.deepEqual(
      after.secrets.map(({ validUntil }) => validUntil),
      [null, again.body.previousValidUntil],
      'two of three',
    )
    const imported = await api('POST', `${path}/rotate-secret`, { overlapMs: 0, signingSecret: secret })
    assert.equal(imported.body.signingSecret, secret)
    const alone = (await api('GET', path)).body.signing as { secrets: object[] }
    assert.equal(alone.secrets.length, 1)
  })

  await t.test(
    'v1a shows its public key, a private key can be brought along, and each scheme can be switched',
    async () => {
      const both = await api('PATCH', path, { signing: { schemes: ['v1', 'v1a'] } })
      const { publicKey } = both.body.signing as { publicKey: string }
      assert.match(publicKey, /^whpk_[A-Za-z0-9+/]{43}=$/)
      const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
      const theirs = {
        seed: Buffer.from(d, 'base64url'),
        publicKey: `whpk_${Buffer.from(x, 'base64url').toString('base64')}`,
      }
      const signingSecret = `whsk_${theirs.seed.toString('base64')}`
      const rotated = await api('POST', `${path}/rotate-secret`, { overlapMs: 0, signingSecret })
      // The HMAC secret stays: it is not what was brought.
      assert.deepEqual([rotated.body.signingSecret, rotated.body.publicKey], [secret, theirs.publicKey])
      await api('POST', `${path}/test`)
      const signatures = String(receiver.requests.at(-1)?.headers['webhook-signature']).split(' ')
      assert.deepEqual(
        signatures.map((one) => one.split(',')[0]),
        ['v1', 'v1a'],
      )
      const alone = await api('PATCH', path, { signing: { schemes: ['v1a'] } })
      assert.equal((alone.body.signing as { publicKey: string }).publicKey, theirs.publicKey)
      const hidden = await api('POST', `${path}/rotate-secret`, { overlapMs: 0 })
      assert.equal(hidden.body.signingSecret, null)
      const made = await api('PUT', '/v1/subscriptions/asymmetric', {
        ...definition(url),
        signing: { schemes: ['v1a'] },
        signingSecret,
      })
      assert.deepEqual([made.status, made.body.signingSecret], [201, null])
      assert.equal((made.body.signing as { publicKey: string }).publicKey, theirs.publicKey)
      assert.equal((await api('DELETE', '/v1/subscriptions/asymmetric')).status, 204)
      const back = await api('PATCH', path, { signing: null })
      assert.deepEqual(back.body.signing as object, {
        ...(back.body.signing as object),
        schemes: ['v1'],
        publicKey: null,
      })
    },
  )

  await t.test('it can be held by hand, and released, which ends any hold', async () => {
    const held = await api('POST', `${path}/hold`)
    const { phase, reason, since, nextProbeAt } = held.body.status as Record<string, string | null>
    assert.deepEqual([held.status, phase, reason, nextProbeAt], [200, 'held', 'held-by-operator', null])
    assert.ok(since !== null && !Number.isNaN(Date.parse(String(since))))
    assert.equal(
      (await api('POST', `${path}/hold`)).body.revision,
      held.body.revision,
      'holding it again changes nothing',
    )
    assert.equal('heldAt' in held.body, false)
    const put = await api('PATCH', path, { description: 'still held' })
    assert.equal((put.body.status as { phase: string }).phase, 'held', 'another definition does not release it')
    const released = await api('POST', `${path}/release`)
    assert.equal(released.status, 200)
    assert.notEqual((released.body.status as { phase: string }).phase, 'held')
    const again = await api('POST', `${path}/release`)
    assert.notEqual(again.body.revision, released.body.revision, 'there may be a hold that only the consumers know')
    assert.equal((await api('POST', '/v1/subscriptions/absent/hold')).body.code, 'subscription-unknown')
  })

  await t.test('a rate limit and what a blocked key does are stored and taken back', async () => {
    const rateLimit = { perSecond: 200, burst: 50 }
    const changed = await api('PATCH', path, { delivery: { rateLimit }, retry: { whileBlocked: 'skip' } })
    const { delivery, retry } = changed.body as { delivery: { rateLimit: object }; retry: { whileBlocked: string } }
    assert.deepEqual([changed.status, delivery.rateLimit, retry.whileBlocked], [200, rateLimit, 'skip'])
    const back = await api('PATCH', path, { delivery: { rateLimit: null }, retry: { whileBlocked: null } })
    assert.equal((back.body as typeof changed.body & { delivery: { rateLimit: null } }).delivery.rateLimit, null)
    assert.equal((back.body as { retry: { whileBlocked: string } }).retry.whileBlocked, 'wait')
  })

  await t.test('pause and resume change the desired state, each once', async () => {
    const paused = await api('POST', `${path}/pause`)
    assert.deepEqual([paused.status, paused.body.paused], [200, true])
    assert.equal((paused.body.status as { phase: string }).phase, 'paused')
    assert.equal((await api('POST', `${path}/pause`)).body.revision, paused.body.revision)
    const names = (await api('GET', '/v1/subscriptions?phase=paused&stream=demo')).body.items as { name: string }[]
    assert.deepEqual(
      names.map(({ name }) => name),
      ['billing'],
    )
    assert.equal((await api('POST', `${path}/resume`)).body.paused, false)
  })

  await t.test('its start is fixed before the answer: what is published after it belongs to it', async (t) => {
    const connection = { brokers: testBrokers(), clientId: 'test-publish', log: quietLog }
    const lanes = openLanes({ connection, metrics: createMetrics(), kind: 'shared' })
    t.after(() => lanes.close())
    const topic = `${installation.prefix}events.demo`
    const event = { key: null, value: Buffer.from('x'), headers: {} }
    await lanes.append(topic, 2, event)
    const between = new Date(Date.now() + 1).toISOString()
    const starts = async (name: string, from?: string) => {
      const made = await api('PUT', `/v1/subscriptions/${name}`, { ...definition(url), ...(from ? { from } : {}) })
      return (made.body.startOffsets as Record<string, number>)[2]
    }
    assert.equal(await starts('late'), 1)
    assert.equal(await lanes.append(topic, 2, event), 1)
    assert.equal(await starts('early', 'earliest'), 0)
    assert.equal(await starts('timed', between), 1)
    assert.equal(await starts('ancient', '2020-01-01T00:00:00+02:00'), 0)
  })

  await t.test('a stream in use stays', async () => {
    const refused = await api('DELETE', '/v1/streams/demo')
    assert.deepEqual([refused.status, refused.body.code], [409, 'stream-in-use'])
    assert.match(String(refused.body.detail), /billing/)
  })

  await t.test('deleted and made again it is another one: new uid, new group, new secret', async (t) => {
    const admin = await openAdmin({ brokers: testBrokers(), clientId: 'test-admin', log: quietLog })
    t.after(() => admin.close())
    const before = (await api('GET', path)).body
    assert.equal((await api('DELETE', path, undefined, { 'if-match': '"0"' })).status, 412)
    assert.equal((await api('DELETE', path)).status, 204)
    assert.equal((await api('GET', path)).body.code, 'subscription-unknown')
    const made = await api('PUT', path, definition(url))
    assert.equal(made.status, 201)
    assert.notEqual(made.body.uid, before.uid)
    assert.notEqual(made.body.group, before.group)
    assert.notEqual(made.body.signingSecret, secret)
    assert.equal((await api('PUT', path, {}, { 'if-none-match': '*' })).status, 412)
  })

  await t.test('the number of subscriptions is bounded', async () => {
    const { api: bounded } = await installation.start({ TAILRACE_LIMIT_SUBSCRIPTIONS: '1' })
    const refused = await bounded('PUT', '/v1/subscriptions/more', definition(url))
    assert.deepEqual([refused.status, refused.body.code], [409, 'limit-reached'])
    assert.match(String(refused.body.detail), /TAILRACE_LIMIT_SUBSCRIPTIONS/)
  })
})
