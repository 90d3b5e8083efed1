import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { readProducerConfig } from '../../../services/producer/config.ts'
import { startProducer } from '../../../services/producer/service.ts'
import { besideTarget } from '../../support/targets.ts'
import { until } from '../../support/until.ts'
import type { ConsoleClient } from '../console/console-client.ts'
import { createInstallation, quietLog } from '../console/running-console.ts'

const path = '/v1/streams/orders'
const schema = {
  type: 'object',
  required: ['total'],
  properties: { total: { type: 'number', minimum: 0 }, note: { const: null } },
}
const good = '{"total": 1.50, "note": null}'

type Fault = { pointer: string; code: string }
type Reply = { status: number; code: string; offset: number; places: [string, string][] }

/** A console, and a producer to which `publish` sends; both are processes of one installation. */
async function open(t: TestContext) {
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  const config = readProducerConfig({ ...installation.env, TAILRACE_INSTANCE_ID: 'producer-t' })
  const producer = await startProducer({ ...config, TAILRACE_PORT: 0, TAILRACE_ADMIN_PORT: 0 }, quietLog)
  installation.defer(() => producer.stop())
  const publishOnce = async (body: string, contentType: string): Promise<Reply> => {
    const headers = { authorization: `Bearer ${installation.adminKey}`, 'content-type': contentType }
    const answer = await fetch(`${producer.url}${path}/events?key=a`, { method: 'POST', headers, body })
    const { code, offset, errors = [] } = (await answer.json()) as { code: string; offset: number; errors?: Fault[] }
    return { status: answer.status, code, offset, places: errors.map(({ pointer, code }) => [pointer, code]) }
  }
  const publish = (body: string, contentType = 'application/json') =>
    until('the catalog is read, which an unknown stream may wait 300 ms for', async () => {
      const reply = await publishOnce(body, contentType)
      return reply.code !== 'catalog-stale' && reply
    })
  return { api, publish }
}

const promisedMs = 1_000

/** Waits until a change of the console counts at the producer, and shows how long that took. */
async function counts(t: TestContext, what: string, fact: () => Promise<boolean>): Promise<void> {
  const changedMs = performance.now()
  await until(what, fact)
  t.diagnostic(besideTarget(what, performance.now() - changedMs, promisedMs))
}

async function changed(api: ConsoleClient, method: string, body: object): Promise<void> {
  const answer = await api(method, path, body)
  assert.ok(answer.status < 300, JSON.stringify(answer.body))
}

test('a schema decides what its stream takes, as soon as it is stored', async (t) => {
  const { api, publish } = await open(t)
  await changed(api, 'PUT', { schema, partitions: 1 })
  let stored = 0

  await t.test('an event as the schema wants it is stored', async () => {
    const answer = await publish(good)
    assert.deepEqual([answer.status, answer.offset], [202, 0])
    stored += 1
  })

  await t.test('a violation is named by its places and stores nothing', async () => {
    const wrong = await publish('{"total": -1, "note": "secret"}')
    assert.deepEqual([wrong.status, wrong.code], [422, 'schema-violation'])
    assert.deepEqual(wrong.places, [
      ['/total', 'out-of-range'],
      ['/note', 'not-allowed'],
    ])
    assert.deepEqual((await publish('total: 1', 'text/plain')).places, [['', 'not-json']])
    const envelope = { specversion: '1.0', id: '1', source: '/s', type: 't', data: {} }
    const structured = await publish(JSON.stringify(envelope), 'application/cloudevents+json')
    assert.deepEqual(structured.places, [['/data/total', 'missing']])
    const batch = JSON.stringify([
      { ...envelope, data: { total: 1 } },
      { ...envelope, id: '2', data: undefined },
    ])
    const many = await publish(batch, 'application/cloudevents-batch+json')
    assert.deepEqual([many.status, many.places], [422, [['/data', 'not-json']]])
    assert.equal((await publish(good)).offset, stored)
    stored += 1
  })

  await t.test('the answer of the console can be PUT again, with the nulls of the schema in it', async () => {
    const { body } = await api('GET', path)
    assert.deepEqual(body.schema, schema)
    const again = await api('PUT', path, body)
    assert.deepEqual([again.status, again.body.revision, again.body.schema], [200, body.revision, schema])
    await changed(api, 'PATCH', { description: 'checked' })
    assert.deepEqual((await api('GET', path)).body.schema, schema)
  })

  await t.test('a changed schema counts at the producers', async (t) => {
    await changed(api, 'PATCH', { schema: { required: ['total', 'id'] } })
    await counts(t, 'the id is required', async () => (await publish('{"total": -1}')).places.length === 2)
    assert.deepEqual((await publish(good)).places, [['/id', 'missing']])
    assert.equal((await publish('{"total": 1, "id": 1}')).offset, stored)
    stored += 1
  })

  await t.test('without its schema the stream takes anything', async (t) => {
    await changed(api, 'PATCH', { schema: null })
    await counts(t, 'text is stored', async () => (await publish('text', 'text/plain')).status === 202)
    assert.equal((await api('GET', path)).body.schema, null)
    assert.equal((await publish('[]')).offset, stored + 1)
  })
})
