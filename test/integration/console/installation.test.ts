import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { StoredRecord } from '#shared/event/record.ts'
import { openAdmin } from '#shared/kafka/admin.ts'
import { followTopic } from '#shared/kafka/follower.ts'
import { openLanes } from '#shared/kafka/lanes.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { testBrokers } from '../../support/dependencies.ts'
import { until } from '../../support/until.ts'
import { createInstallation, quietLog } from './running-console.ts'

/** Every record of the catalog topic as it stands on the brokers. */
async function readCatalogTopic(t: TestContext, topic: string): Promise<StoredRecord[]> {
  const connection = { brokers: testBrokers(), clientId: 'test-reader', log: quietLog }
  const lanes = openLanes({ connection, metrics: createMetrics(), kind: 'shared' })
  const records: StoredRecord[] = []
  const follower = await followTopic({
    ...{ connection, topic, onRecord: (record: StoredRecord) => records.push(record) },
    hello: {
      key: Buffer.from('hello/test'),
      append: async (record) => ({ partition: 0, offset: await lanes.append(topic, 0, record) }),
    },
  })
  t.after(async () => {
    await follower.close()
    await lanes.close()
  })
  await until('the catalog topic is read', () => follower.caughtUp(10_000))
  return records
}

/** That a process is up to date, or that it is its turn, is no change. */
const isChange = (record: StoredRecord) => !/^(hello|turn)\//.test(String(record.key))

test('init makes an installation once, and running it again changes nothing', async (t) => {
  const installation = await createInstallation(t)
  const { folder, prefix } = installation
  const files = () => readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')])
  const before = files()
  assert.deepEqual(
    before.map(([name]) => name),
    ['admin.key', 'demo-inbox.secret', 'master.key'],
  )
  for (const [name] of before) assert.equal(statSync(join(folder, String(name))).mode & 0o777, 0o600)
  const written = (await readCatalogTopic(t, `${prefix}catalog`)).filter(isChange).length
  await installation.initialize()
  assert.deepEqual(files(), before)
  const after = (await readCatalogTopic(t, `${prefix}catalog`)).filter(isChange).length
  assert.equal(after, written)
})

test('init gives the demo to an empty installation only, and a revoked admin key stays revoked', async (t) => {
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  assert.equal((await api('GET', '/v1/streams/demo')).status, 200)
  const inbox = await api('GET', '/v1/subscriptions/demo-inbox')
  assert.deepEqual(
    (inbox.body.destination as { targets: { url: string }[] }).targets[0]?.url,
    'http://127.0.0.1:8070/inbox',
  )
  await api('DELETE', '/v1/subscriptions/demo-inbox')
  const mine = await api('PUT', '/v1/subscriptions/mine', {
    stream: 'demo',
    destination: { targets: [{ url: 'http://127.0.0.1:8071/' }] },
  })
  assert.equal(mine.status, 201)
  const other = (await api('POST', '/v1/keys', { name: 'other', scopes: ['manage'] })).body
  await api('DELETE', `/v1/keys/${installation.adminKey.split('_')[1]}`)
  await installation.initialize()
  assert.equal((await api('GET', '/v1/streams')).status, 401)
  const as = api.as(String(other.secret))
  assert.equal((await as('GET', '/v1/subscriptions/demo-inbox')).status, 404)
})

test('init makes the own topics safe, compacted and long-lived as they must be', async (t) => {
  const { prefix } = await createInstallation(t)
  const admin = await openAdmin({ brokers: testBrokers(), clientId: 'test-admin', log: quietLog })
  t.after(() => admin.close())
  const catalog = await admin.describeTopic(`${prefix}catalog`)
  assert.deepEqual([catalog?.partitions.length, catalog?.config['cleanup.policy']], [1, 'compact'])
  const letters = await admin.describeTopic(`${prefix}dead-letters`)
  assert.deepEqual([letters?.partitions.length, letters?.config['retention.ms']], [6, '2592000000'])
  const stream = await admin.describeTopic(`${prefix}events.demo`)
  const [room, event] = [letters, stream].map((topic) => Number(topic?.config['max.message.bytes']))
  assert.equal(room, Number(event) + 65_536)
  for (const name of ['catalog', 'dead-letters', 'events.demo']) {
    assert.deepEqual(await admin.unsafeTopicReasons(prefix + name), [])
  }
})

test('no secret stands in the log or in an answer in the clear', async (t) => {
  const installation = await createInstallation(t)
  const { api, service } = await installation.start()
  const definition = { stream: 'demo', destination: { targets: [{ url: 'http://127.0.0.1:8071/' }] } }
  const made = await api('PUT', '/v1/subscriptions/billing', definition)
  const rotated = await api('POST', '/v1/subscriptions/billing/rotate-secret', {})
  assert.deepEqual([made.status, rotated.status], [201, 200])
  const key = await api('POST', '/v1/keys', { name: 'k', scopes: ['read'] })
  const signing = [made, rotated].map(({ body }) => String(body.signingSecret).replace('whsec_', ''))
  const keys = [String(key.body.secret), installation.adminKey].map((text) => text.slice(-43))
  const masterKey = readFileSync(join(installation.folder, 'master.key'), 'utf8').trim()
  const inTheClear = [
    masterKey,
    ...signing,
    ...signing.map((text) => Buffer.from(text, 'base64').toString('latin1')),
    ...keys,
  ]
  const records = await readCatalogTopic(t, `${installation.prefix}catalog`)
  assert.ok(records.some((record) => record.key?.toString().startsWith('secret/')))
  const log = records.map((record) => `${record.key} ${record.value?.toString('latin1')}`).join('\n')
  const paths = ['/v1/subscriptions', '/v1/subscriptions/billing', '/v1/keys', '/v1/state', '/v1/info', '/v1/streams']
  const answers = await Promise.all(paths.map(async (path) => JSON.stringify((await api('GET', path)).body)))
  answers.push(await (await fetch(`${service.url}/openapi.json`)).text())
  for (const secret of inTheClear) {
    assert.equal(log.includes(secret), false)
    assert.equal(
      answers.some((answer) => answer.includes(secret)),
      false,
    )
  }
})

test('two consoles see each other at once, and one that restarts shows the same', async (t) => {
  const installation = await createInstallation(t)
  const [one, other] = [await installation.start(), await installation.start()]
  const made = await one.api('PUT', '/v1/streams/orders', { partitions: 1 })
  const seen = await until('the other console shows it', async () => {
    const answer = await other.api('GET', '/v1/streams/orders')
    return answer.status === 200 && answer
  })
  assert.equal(seen.body.revision, made.body.revision)
  const changed = await other.api('PATCH', '/v1/streams/orders', { description: 'x' })
  assert.equal((await one.api('PATCH', '/v1/streams/orders', {}, { 'if-match': '"0"' })).status, 412)
  const current = { 'if-match': `"${changed.body.revision}"` }
  assert.equal((await one.api('PATCH', '/v1/streams/orders', { description: 'y' }, current)).status, 200)
  await one.service.stop()
  const { api } = await installation.start()
  for (const path of ['/v1/streams/orders', '/v1/subscriptions/demo-inbox', '/v1/keys']) {
    const [before, after] = [await other.api('GET', path), await api('GET', path)]
    const [{ status: _a, ...left }, { status: _b, ...right }] = [before.body, after.body]
    assert.deepEqual(right, left)
  }
  await other.api('DELETE', '/v1/streams/orders?topic=delete')
})
