import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { LaneSnapshot } from '#shared/kafka/lanes.ts'
import type { InstanceReport } from '#shared/redis/instances.ts'
import { watchReadiness } from '../../../services/producer/readiness.ts'

const lane = (state: LaneSnapshot['state']): LaneSnapshot => ({
  ...{ topic: 't', partition: 0, state, queued: 0, inFlight: 0, oldestMs: 0 },
})

const producer = (id: string, state: LaneSnapshot['state'], ready = true): InstanceReport => ({
  ...{ id, service: 'producer', version: '1', pid: 1, startedAt: '', at: '', ready, rssBytes: 0, loopDelayMs: 0 },
  lanes: [lane(state)],
})

type World = { staleMs: number; own: LaneSnapshot['state']; instances: InstanceReport[] | null }

async function reasonsIn(t: TestContext, { staleMs, own, instances }: World): Promise<readonly string[]> {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const options = { id: 'p-1', staleMs: () => staleMs, lanes: () => [lane(own)], instances: async () => instances }
  const readiness = watchReadiness(options)
  readiness.started()
  t.mock.timers.tick(1_000)
  await new Promise(setImmediate)
  readiness.close()
  return readiness.reasons()
}

const peers = [producer('p-1', 'open'), producer('p-2', 'open')]

test('an instance that alone reaches no broker is not ready', async (t) => {
  const reasons = await reasonsIn(t, { staleMs: 11_000, own: 'broken', instances: peers })
  assert.deepEqual(reasons, ['this instance reaches no broker, others do'])
})

const readyWorlds: [string, World][] = [
  ['Kafka is gone for all', { staleMs: 11_000, own: 'broken', instances: [producer('p-2', 'broken')] }],
  ['no other producer runs', { staleMs: 11_000, own: 'broken', instances: [producer('p-1', 'open')] }],
  [
    'the other one is not ready itself',
    { staleMs: 11_000, own: 'broken', instances: [producer('p-2', 'open', false)] },
  ],
  ['Redis cannot tell', { staleMs: 11_000, own: 'broken', instances: null }],
  ['only the catalog is silent', { staleMs: 11_000, own: 'open', instances: peers }],
  ['one broker is lost for a moment', { staleMs: 4_000, own: 'broken', instances: peers }],
]
for (const [when, world] of readyWorlds) {
  test(`an instance stays ready when ${when}`, async (t) => assert.deepEqual(await reasonsIn(t, world), []))
}

test('an instance is not ready before it started and once it stops', (t) => {
  const readiness = watchReadiness({ id: 'p', staleMs: () => 0, lanes: () => [], instances: async () => null })
  t.after(readiness.close)
  assert.deepEqual(readiness.reasons(), ['starting'])
  readiness.started()
  assert.deepEqual(readiness.reasons(), [])
  readiness.stopping()
  assert.deepEqual(readiness.reasons(), ['stopping'])
})
