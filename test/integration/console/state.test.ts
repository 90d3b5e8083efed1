import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openAdmin } from '#shared/kafka/admin.ts'
import { openLanes } from '#shared/kafka/lanes.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { testBrokers } from '../../support/dependencies.ts'
import { until } from '../../support/until.ts'
import { createInstallation, quietLog } from './running-console.ts'

type State = {
  health: string
  problems: { code: string }[]
  kafka: { brokers: { id: number; up: boolean; controller: boolean }[]; underReplicatedPartitions: number }
  redis: { up: boolean; degraded: string[] }
  instances: { id: string; service: string; ready: boolean }[]
  streams: { name: string; partitions: { leader: number; inSync: number[]; endOffset: number }[] }[]
  subscriptions: { name: string; phase: string; lagEvents: number; partitions: { committed: number; end: number }[] }[]
}

test('the state shows brokers, instances, streams and how far subscriptions are behind', async (t) => {
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  const lanes = openLanes({
    connection: { brokers: testBrokers(), clientId: 'test-publish', log: quietLog },
    ...{ metrics: createMetrics(), kind: 'shared' },
  })
  t.after(() => lanes.close())
  for (let count = 0; count < 3; count += 1) {
    await lanes.append(`${installation.prefix}events.demo`, 4, { key: null, value: Buffer.from('x'), headers: {} })
  }
  const read = async () => (await api('GET', '/v1/state')).body as unknown as State
  const state = await until(
    'three events wait, the console reports itself ready and every replica is in sync',
    async () => {
      const now = await read()
      const isWell = now.kafka.brokers.every(({ up }) => up) && now.kafka.underReplicatedPartitions === 0
      return now.subscriptions[0]?.lagEvents === 3 && now.instances[0]?.ready === true && isWell && now
    },
  )
  assert.equal(state.kafka.brokers.length, 3)
  assert.equal(state.kafka.brokers.filter(({ controller }) => controller).length, 1)
  assert.deepEqual(state.redis, { up: true, degraded: [] })
  assert.deepEqual(
    state.instances.map(({ service, ready }) => [service, ready]),
    [['console', true]],
  )
  assert.equal(state.streams[0]?.partitions[4]?.endOffset, 3)
  assert.equal(state.streams[0]?.partitions[4]?.inSync.length, 3)
  assert.deepEqual(state.subscriptions[0]?.partitions[4], {
    ...{ partition: 4, owner: null, committed: 0, end: 3, inFlight: 0, blockedKeys: 0 },
  })
  const { body } = await api('GET', '/v1/streams/demo')
  assert.equal((body.status as { events: number }).events, 3)
  const lag = (await api('GET', '/v1/subscriptions/demo-inbox')).body.status as {
    oldestUndelivered: { position: string }
  }
  assert.equal(lag.oldestUndelivered.position, 'demo-4-0')
})

test('a topic that somebody deleted is the problem of its stream, not of Kafka', async (t) => {
  const installation = await createInstallation(t)
  const { api } = await installation.start()
  const admin = await openAdmin({ brokers: testBrokers(), clientId: 'test-admin', log: quietLog })
  t.after(() => admin.close())
  await admin.deleteTopic(`${installation.prefix}events.demo`)
  const read = async () => (await api('GET', '/v1/state')).body as unknown as State
  const state = await until('the topic is missed', async () => {
    const now = await read()
    return now.problems.some(({ code }) => code === 'stream-failed') && now
  })
  assert.deepEqual([state.health, state.kafka.brokers.length], ['degraded', 3])
  assert.ok(!state.problems.some(({ code }) => code === 'kafka-unreachable'))
})

test('without Redis the state says so, and everything else is still there', async (t) => {
  const installation = await createInstallation(t)
  const { api } = await installation.start({ REDIS_URL: '' })
  const state = await until('Kafka was asked', async () => {
    const now = (await api('GET', '/v1/state')).body as unknown as State
    return now.kafka.brokers.length > 0 && now
  })
  assert.deepEqual(state.redis, { up: false, degraded: ['instances', 'breakers', 'rates'] })
  assert.deepEqual(state.instances, [])
  assert.equal(state.health, 'degraded')
  assert.ok(state.problems.some(({ code }) => code === 'redis-down'))
  assert.equal(state.streams[0]?.partitions.length, 6)
})

type Paths = Record<string, Record<string, { security?: object[] }>>

test('the root, the OpenAPI document and the admin port need no credential, everything under /v1 does', async (t) => {
  const installation = await createInstallation(t)
  const { service, api } = await installation.start()
  const page = await fetch(service.url)
  assert.equal(page.status, 200)
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
  assert.match(await page.text(), /<title>Tailrace/)
  const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as { openapi: string; paths: Paths }
  assert.equal(document.openapi, '3.1.0')
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { security }] of Object.entries(methods)) {
      if (security?.length === 0) continue
      const concrete = path.replaceAll(/\{\w+\}/g, 'x')
      assert.equal((await api.as(null)(method.toUpperCase(), concrete)).status, 401, `${method} ${path}`)
    }
  }
  assert.ok('/v1/streams/{stream}/events' in document.paths, 'the route of the producers is described here too')
  assert.equal((await api('GET', '/v1/info')).body.version, '0.1.0')
  assert.equal((await fetch(`${service.adminUrl}/readyz`)).status, 200)
  assert.match(await (await fetch(`${service.adminUrl}/metrics`)).text(), /tailrace_console_answers_total/)
  const wrongMethod = await api('DELETE', '/v1/state')
  assert.deepEqual([wrongMethod.status, wrongMethod.body.code], [405, 'method-not-allowed'])
})
