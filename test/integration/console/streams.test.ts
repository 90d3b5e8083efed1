import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openAdmin } from '#shared/kafka/admin.ts'
import { unsafeReasons } from '#shared/kafka/topics.ts'
import { testBrokers, uniqueName } from '../../support/dependencies.ts'
import { until } from '../../support/until.ts'
import { createInstallation, quietLog } from './running-console.ts'

async function openTestAdmin(t: TestContext) {
  const admin = await openAdmin({ brokers: testBrokers(), clientId: 'test-admin', log: quietLog })
  t.after(() => admin.close())
  return admin
}

test('streams follow the rules of the API', async (t) => {
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  const admin = await openTestAdmin(t)
  const orders = '/v1/streams/orders'
  /** On a loaded machine a broker may hear of a new topic more than a second after its making. */
  const bindTo = (topic: string, stream: string) =>
    until(`${stream} is bound`, async () => {
      const made = await api('PUT', `/v1/streams/${stream}`, { topic })
      return made.status === 201 && made
    })

  await t.test('a PUT creates a stream with the defaults, and its topic is replicated and safe', async () => {
    const made = await api('PUT', orders, { description: 'orders of the shop' })
    assert.equal(made.status, 201)
    assert.equal(made.headers.get('etag'), `"${made.body.revision}"`)
    assert.equal(made.body.partitions, 6)
    assert.equal(made.body.retentionMs, 604_800_000)
    assert.equal(made.body.topic, `${installation.prefix}events.orders`)
    assert.equal(made.body.bound, false)
    const topic = await until('the topic is known', () => admin.describeTopic(String(made.body.topic)))
    assert.equal(topic.partitions.length, 6)
    assert.ok(topic.partitions.every((partition) => partition.inSync.length === 3))
    assert.deepEqual(unsafeReasons(topic), [])
  })

  await t.test('an answer can be PUT again and changes nothing', async () => {
    const { body } = await api('GET', orders)
    const again = await api('PUT', orders, body)
    assert.equal(again.status, 200)
    assert.equal(again.body.revision, body.revision)
  })

  await t.test('a PUT replaces the whole definition, absent members return to their defaults', async () => {
    const replaced = await api('PUT', orders, { defaultType: 'com.acme.order' })
    assert.equal(replaced.status, 200)
    assert.equal(replaced.body.description, '')
    assert.equal(replaced.body.defaultType, 'com.acme.order')
  })

  await t.test(
    'a PATCH merges, null puts a member back to its default, and the topic follows the retention',
    async () => {
      const changed = await api('PATCH', orders, { description: 'new', retentionMs: 3_600_000, defaultType: null })
      assert.equal(changed.status, 200)
      assert.deepEqual([changed.body.description, changed.body.defaultType], ['new', null])
      const topic = await until('the topic has the retention', async () => {
        const found = await admin.describeTopic(String(changed.body.topic))
        return found?.config['retention.ms'] === '3600000' ? found : undefined
      })
      assert.equal(topic.config['min.insync.replicas'], '2')
    },
  )

  await t.test('a merge patch may carry its own media type', async () => {
    const type = { 'content-type': 'application/merge-patch+json' }
    assert.equal((await api('PATCH', orders, { description: 'again' }, type)).body.description, 'again')
  })

  await t.test('the number of partitions and the topic are fixed', async () => {
    assert.equal((await api('PUT', orders, { partitions: 12 })).body.code, 'partitions-fixed')
    const moved = await api('PATCH', orders, { topic: 'elsewhere' })
    assert.deepEqual([moved.status, moved.body.code], [409, 'immutable-field'])
  })

  await t.test('preconditions are checked against the current revision', async () => {
    const { body } = await api('GET', orders)
    const match = { 'if-match': `"${Number(body.revision) - 1}"` }
    assert.deepEqual([(await api('PATCH', orders, { description: 'x' }, match)).status], [412])
    assert.equal((await api('PUT', orders, {}, { 'if-none-match': '*' })).status, 412)
    const right = await api('PATCH', orders, { description: 'y' }, { 'if-match': `"${body.revision}"` })
    assert.equal(right.status, 200)
    assert.ok(Number(right.body.revision) > Number(body.revision))
    assert.equal((await api('PATCH', '/v1/streams/absent', {}, { 'if-match': '*' })).status, 404)
    assert.equal((await api('PUT', '/v1/streams/absent', {}, { 'if-match': '"1"' })).status, 412)
  })

  await t.test('wrong bodies are refused with every member at fault, and nothing is stored', async () => {
    const wrong = await api('PUT', '/v1/streams/wrong', { partitions: 0, retentionMs: 'long', descripton: 'x' })
    assert.deepEqual([wrong.status, wrong.body.code], [400, 'unknown-field'])
    const faults = wrong.body.errors as { pointer: string; code: string; fix?: string }[]
    assert.deepEqual(faults.map(({ pointer }) => pointer).sort(), ['/descripton', '/partitions', '/retentionMs'])
    assert.match(faults.find(({ code }) => code === 'unknown-field')?.fix ?? '', /description/)
    for (const body of [[], 'text', 7, null]) {
      assert.equal((await api('PUT', '/v1/streams/wrong', JSON.stringify(body))).body.code, 'body-invalid')
    }
    const schema = { properties: { a: { type: 'text' } } }
    const unusable = await api('PUT', '/v1/streams/wrong', { schema })
    assert.equal((unusable.body.errors as { pointer: string }[])[0]?.pointer, '/schema/properties/a/type')
    assert.equal((await api('GET', '/v1/streams/wrong')).body.code, 'stream-unknown')
  })

  await t.test('names that cannot be topics, paths and headers are refused, and so are reserved ones', async () => {
    for (const name of ['Orders', '-a', 'a_b', '%2e%2e%2fx', '__consumer_offsets', 'a'.repeat(64), 'job']) {
      assert.equal((await api('PUT', `/v1/streams/${name}`, {})).status, 400, name)
    }
  })

  await t.test('the stream of operational events is there, can be kept longer, and cannot be deleted', async () => {
    const kept = await api('PUT', '/v1/streams/ops', { retentionMs: 86_400_000 })
    assert.deepEqual([kept.status, kept.body.retentionMs, kept.body.partitions], [200, 86_400_000, 6])
    const refused = await api('DELETE', '/v1/streams/ops')
    assert.deepEqual([refused.status, refused.body.code], [409, 'stream-in-use'])
  })

  await t.test('an unknown stream is answered with the nearest name', async () => {
    const unknown = await api('GET', '/v1/streams/order')
    assert.equal(unknown.status, 404)
    assert.match(String(unknown.body.detail), /orders/)
  })

  await t.test('a list is paged newest first and its cursor survives an insertion', async () => {
    await api('PUT', '/v1/streams/second', { partitions: 1 })
    const first = await api('GET', '/v1/streams?limit=1')
    assert.deepEqual(
      (first.body.items as { name: string }[]).map(({ name }) => name),
      ['second'],
    )
    await api('PUT', '/v1/streams/third', { partitions: 1 })
    const rest = await api('GET', `/v1/streams?cursor=${first.body.next}`)
    assert.deepEqual(
      (rest.body.items as { name: string }[]).map(({ name }) => name),
      ['orders', 'demo', 'ops'],
    )
    assert.equal(rest.body.next, null)
    assert.equal((await api('GET', '/v1/streams?limit=501')).status, 400)
    assert.equal((await api('GET', '/v1/streams?cursor=x')).status, 400)
    assert.equal((await api('GET', '/v1/streams?colour=red')).body.code, 'unknown-field')
  })

  await t.test('a bound stream takes partitions and retention from its topic, which is never touched', async (t) => {
    const topic = uniqueName('foreign')
    await admin.createTopic({ name: topic, partitions: 2, config: { 'retention.ms': '7200000' } })
    t.after(() => admin.deleteTopic(topic))
    const bound = await bindTo(topic, 'bound')
    assert.deepEqual([bound.body.partitions, bound.body.retentionMs, bound.body.bound], [2, 7_200_000, true])
    assert.equal((await api('PUT', '/v1/streams/bound', {})).body.revision, bound.body.revision)
    assert.equal((await api('PATCH', '/v1/streams/bound', { retentionMs: 60_000 })).status, 409)
    assert.equal((await api('DELETE', '/v1/streams/bound?topic=delete')).status, 204)
    assert.ok(await admin.describeTopic(topic))
    for (const other of ['absent-topic', '__consumer_offsets', `${installation.prefix}catalog`]) {
      assert.equal((await api('PUT', '/v1/streams/bound2', { topic: other })).body.code, 'body-invalid')
    }
  })

  await t.test('a stream on a topic that may lose events is failed and says why', async (t) => {
    const topic = uniqueName('unsafe')
    await admin.createTopic({ name: topic, partitions: 1, config: { 'min.insync.replicas': '1' } })
    t.after(() => admin.deleteTopic(topic))
    await bindTo(topic, 'unsafe')
    const { body } = await api('GET', '/v1/streams/unsafe')
    const status = body.status as { phase: string; reason: string }
    assert.equal(status.phase, 'failed')
    assert.match(status.reason, /min\.insync\.replicas is 1/)
    await api('DELETE', '/v1/streams/unsafe')
  })

  await t.test('a topic goes with its stream only when asked; one kept is taken up again', async () => {
    const kept = `${installation.prefix}events.second`
    assert.equal((await api('DELETE', '/v1/streams/second')).status, 204)
    assert.ok(await admin.describeTopic(kept))
    assert.equal((await api('PUT', '/v1/streams/second', { partitions: 3 })).body.code, 'partitions-fixed')
    assert.equal((await api('PUT', '/v1/streams/second', { partitions: 1 })).status, 201)
    for (const name of ['second', 'third', 'orders']) {
      assert.equal((await api('DELETE', `/v1/streams/${name}?topic=delete`)).status, 204)
    }
    await until('its topic is gone', async () => (await admin.describeTopic(kept)) === undefined)
    assert.equal((await api('DELETE', '/v1/streams/second')).status, 404)
  })
})
