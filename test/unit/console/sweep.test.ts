import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { topicNames } from '#shared/catalog/names.ts'
import { createLogger } from '#shared/observability/log.ts'
import { startSweep } from '../../../services/console/sweep.ts'

const log = createLogger('test', { level: 'silent', instance: 'test' })
const roundMs = 10 * 60_000
const orphan = { group: 'p.billing.u1', retryTopic: 'p.retry.billing.u1' }

/** A sweep over a cluster and a catalog that the test changes; `next` plays one more round. */
async function sweeping(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const world = { topics: [orphan.retryTopic], records: new Set<string>(), lost: new Set<string>(), isCaughtUp: true }
  const removed: unknown[] = []
  const forgotten: (readonly string[])[] = []
  const sweep = startSweep({
    admin: { topics: async () => world.topics },
    catalog: {
      catchUp: async () => world.isCaughtUp,
      has: (key) => world.records.has(key),
      recordKeys: () => [...world.records],
      jobs: () => [],
      jobState: () => undefined,
      overwritten: () => [...world.lost].map((key) => [key, { revision: 0, value: null }]),
    },
    forget: async (keys) => void forgotten.push(keys),
    topics: topicNames('p.'),
    removal: { removeLater: (remains) => removed.push(remains) },
    log,
  })
  t.after(() => sweep.close())
  const settled = () => new Promise((resolve) => setImmediate(resolve))
  await settled()
  const next = async () => {
    t.mock.timers.tick(roundMs)
    await settled()
  }
  return { world, removed, forgotten, next }
}

test('a retry topic that is nobody’s in two rounds is removed with its group', async (t) => {
  const { removed, next } = await sweeping(t)
  assert.deepEqual(removed, [])
  await next()
  assert.deepEqual(removed, [orphan])
})

test('a subscription that was being created keeps its retry topic, also when its record is unreadable here', async (t) => {
  const { world, removed, next } = await sweeping(t)
  world.records.add('subscription/u1')
  await next()
  await next()
  assert.deepEqual(removed, [])
})

test('a round that cannot read the catalog to its end removes nothing', async (t) => {
  const { world, removed, next } = await sweeping(t)
  world.isCaughtUp = false
  await next()
  assert.deepEqual(removed, [])
})

test('topics of other kinds and of other installations are left alone', async (t) => {
  const { world, removed, next } = await sweeping(t)
  world.topics = ['p.events.orders', 'p.catalog', 'q.retry.billing.u1', 'p.retry.billing', 'my-topic']
  for (let round = 0; round < 3; round += 1) await next()
  assert.deepEqual(removed, [])
})

test('records of a subscription that is gone are removed, once two rounds have found them', async (t) => {
  const { world, forgotten, next } = await sweeping(t)
  const left = ['secret/u1', 'state/u1', 'position/u1', 'retry-now/u1', 'job-state/job_A']
  world.records = new Set([
    ...left,
    'subscription/u2',
    'secret/u2',
    'state/u2',
    'stream/u1',
    'key/u1',
    'job/u1',
    'hello/u1',
  ])
  await next()
  assert.deepEqual(forgotten, [])
  await next()
  assert.deepEqual(forgotten, [left])
})

test('a key whose last record does not count is mended', async (t) => {
  const { world, forgotten, next } = await sweeping(t)
  await next()
  assert.deepEqual(forgotten, [])
  world.lost.add('stream/s')
  await next()
  assert.deepEqual(forgotten, [[]])
})
