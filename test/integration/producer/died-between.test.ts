/*
 * A producer that dies with an event in its hands, at the two places that matter: after Kafka has the event and before that
 * is written down, and before Kafka has it. Dead means: it renews no lease and says nothing any more.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { parseCredential } from '#shared/catalog/api-keys.ts'
import { openLanes, type ProduceLanes } from '#shared/kafka/lanes.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { openRedis } from '#shared/redis/connection.ts'
import { openIdempotency } from '../../../services/producer/idempotency/open.ts'
import { createPublish } from '../../../services/producer/publish.ts'
import { keepSchemas } from '../../../services/producer/schemas.ts'
import { createTelemetry } from '../../../services/producer/telemetry.ts'
import { testBrokers, testRedisUrl, uniqueName } from '../../support/dependencies.ts'
import { until } from '../../support/until.ts'
import { createInstallation, type Installation, runProducer } from './fixture.ts'

const log = pino({ level: 'silent' })
const body = Buffer.from('{"order":1}')
const headersOf = (key: string) => ({ 'content-type': 'application/json', 'idempotency-key': key })

type Append = ProduceLanes['append']
const never = () => new Promise<never>(() => {})

async function setUp(t: TestContext) {
  const installation = await createInstallation(t)
  const config = { ...installation.config, REDIS_URL: testRedisUrl() }
  const topic = await installation.createStream('orders')
  const records = await installation.follow(topic)
  const credential = await installation.createKey(['publish:*'])
  const publish = await runProducer({ ...installation, config })
  const post = (key: string) => publish('orders/events', { key: credential, body, headers: headersOf(key) })
  const keyId = parseCredential(credential)?.id ?? ''
  return { installation, records, post, keyId }
}

/** Publishes one event at a producer whose appends are `append`, and ends that producer. */
async function publishAndDie({ catalog, config, defer }: Installation, keyId: string, key: string, append: Append) {
  const stream = catalog.stream('orders')
  assert.ok(stream !== undefined)
  const redis = openRedis({ url: testRedisUrl(), log })
  defer(async () => redis.close())
  await until('redis is up', () => redis.up())
  const telemetry = createTelemetry(log, createMetrics())
  const idempotency = openIdempotency({
    ...{ redis, prefix: config.TAILRACE_PREFIX, windowMs: 60_000, leaseMs: 2_000, observe: telemetry.idempotency },
    lookBack: { find: async () => new Map() },
  })
  const publish = createPublish({
    streams: { find: () => stream, subscriptionsOf: () => 0, close: () => {} },
    safety: { require: () => undefined, refresh: async () => {}, isKnown: () => true },
    schemas: keepSchemas({ catalog, telemetry }),
    lanes: { append, appendAll: never, placeKeyless: () => 2, partitionForKey: () => 2 },
    ...{ telemetry, instance: 'dead', deadlineMs: 500, limits: config, deduplicate: idempotency.deduplicate },
  })
  const headers = headersOf(key)
  const event = { headers, rawHeaders: Object.entries(headers).flat(), query: {}, body }
  await assert.rejects(publish({ stream: 'orders', keyId, keyName: 'shop-backend', event }), {
    code: 'outcome-unknown',
  })
  idempotency.close()
  telemetry.close()
}

test('an event that Kafka has and nobody else knows of is found there: one record, and its answer', async (t) => {
  const { installation, records, post, keyId } = await setUp(t)
  const connection = { brokers: testBrokers(), clientId: 'dead', log }
  const lanes = openLanes({ connection, metrics: createMetrics(), kind: 'partition' })
  installation.defer(() => lanes.close())
  await publishAndDie(installation, keyId, 'k', async (...where) => {
    await lanes.append(...where)
    return await never()
  })
  const [record] = await until('Kafka has it', () => (records.length > 0 ? records : undefined))
  const answers = await until('the lease is over', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => post('k')))
    return all.some(({ status }) => status === 202) ? all : undefined
  })
  // A Redis that is slower than a publish may wait recognises nothing: such an answer says so.
  const isChecked = ({ headers }: (typeof answers)[number]) => headers['tailrace-dedup'] === 'checked'
  const stored = answers.filter((answer) => !isChecked(answer) && answer.json.replayed === false)
  for (const { status, json } of answers.filter((answer) => answer.status !== 409 && isChecked(answer))) {
    const offsets = [record?.offset, ...stored.map((answer) => answer.json.offset)]
    assert.deepEqual(
      [status, json.replayed, json.partition, offsets.includes(json.offset as number)],
      [202, true, 2, true],
    )
    assert.equal(json.id, record?.headers.ce_id)
  }
  const { json } = await post('the next one')
  await until('the next one is read', () => records.some(({ headers }) => headers.ce_id === json.id))
  assert.equal(records.filter(({ headers }) => headers.ce_id === record?.headers.ce_id).length, 1 + stored.length)
})

test('an event that never came to Kafka is appended when its lease is over: one record', async (t) => {
  const { installation, records, post, keyId } = await setUp(t)
  // Once more where Redis took longer than a publish waits for it, or we longer than the lease: then nobody is recognised.
  const key = await until('its lease is believed', async () => {
    const tried = uniqueName('key')
    await publishAndDie(installation, keyId, tried, never)
    return (await post(tried)).json.code === 'idempotency-in-progress' && tried
  })
  const stored = await until('it is stored', async () => {
    const answer = await post(key)
    return answer.status === 202 ? answer.json : undefined
  })
  assert.equal(stored.replayed, false)
  assert.deepEqual({ ...(await post(key)).json, replayed: false }, stored)
  const mine = () => records.filter(({ headers }) => headers.ce_id === stored.id)
  await until('it is read', () => mine().length > 0)
  assert.equal(mine().length, 1)
})
