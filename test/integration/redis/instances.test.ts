import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { openRedis } from '#shared/redis/connection.ts'
import { type InstanceReport, readInstances, startReporting } from '#shared/redis/instances.ts'
import { testRedisUrl, uniqueName } from '../../support/dependencies.ts'
import { until } from '../../support/until.ts'

const log = pino({ level: 'silent' })

const report = (id: string): InstanceReport => ({
  id,
  service: 'consumer',
  version: '0',
  pid: 1,
  startedAt: new Date().toISOString(),
  at: new Date().toISOString(),
  ready: true,
  rssBytes: 1,
  loopDelayMs: 0,
})

const connect = async (t: TestContext) => {
  const redis = openRedis({ url: testRedisUrl(), log })
  t.after(() => redis.close())
  await until('redis is up', () => redis.up())
  return redis
}

test('a heartbeat is seen by another process and gone after a clean close', async (t) => {
  const redis = await connect(t)
  const prefix = `${uniqueName('test')}.`
  const reporting = startReporting({ redis, prefix, report: () => report('consumer-1') })
  const seen = await until('the report arrives', async () => {
    const reports = await readInstances(redis, prefix, Date.now())
    return reports !== null && reports.length > 0 ? reports : null
  })
  assert.equal(seen[0]?.id, 'consumer-1')
  await reporting.close()
  assert.deepEqual(await readInstances(redis, prefix, Date.now()), [])
})

test('a silent instance is left out after five seconds', async (t) => {
  const redis = await connect(t)
  const prefix = `${uniqueName('test')}.`
  const reporting = startReporting({ redis, prefix, report: () => report('consumer-1') })
  t.after(() => reporting.close())
  await until('the report arrives', async () => (await readInstances(redis, prefix, Date.now()))?.length === 1)
  assert.deepEqual(await readInstances(redis, prefix, Date.now() + 6_000), [])
})

test('without Redis nothing waits and nothing throws', async (t) => {
  const gone = openRedis({ url: 'redis://127.0.0.1:1', log })
  t.after(() => gone.close())
  const off = openRedis({ url: '', log })
  for (const redis of [gone, off]) {
    assert.equal(await readInstances(redis, 'x.', Date.now()), null)
    const reporting = startReporting({ redis, prefix: 'x.', report: () => report('a') })
    await reporting.close()
  }
})
