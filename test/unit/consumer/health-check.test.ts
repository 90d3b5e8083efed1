import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { AttemptResult } from '#shared/delivery/attempt.ts'
import { createTargetMetrics } from '#shared/delivery/target-client.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { openHealthCheck } from '../../../services/consumer/health-check.ts'

const timingsMs = { dns: 0, connect: 0, tls: 0, firstByte: 1, total: 1 }
const answer = (status: number): AttemptResult => ({
  ...{ kind: 'answer', status, headers: {}, body: Buffer.alloc(0), truncated: false, timingsMs },
})
const refused: AttemptResult = {
  ...{ kind: 'failure', stage: 'connect', code: 'connect-refused', detail: 'connect ECONNREFUSED', timingsMs },
}

type Given = { stoodStill?: boolean; isWanted?: () => boolean }

/** A check on a clock of its own; `run` lets so much time pass, with `result` as what the target does. */
function checked(t: TestContext, { stoodStill = false, isWanted = () => true }: Given = {}) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const asked: string[] = []
  const changes: boolean[] = []
  let now: AttemptResult = answer(200)
  const check = openHealthCheck({
    ...{ url: 'http://shop.example:81/hooks?x=1', healthPath: '/healthz?deep=1', isWanted, random: () => 0.5 },
    client: {
      get: async (url) => {
        asked.push(url)
        return now
      },
    },
    metrics: createTargetMetrics(createMetrics()),
    stoodStillSince: () => stoodStill,
    onChange: (isFailing) => void changes.push(isFailing),
  })
  const run = async (ms: number, result: AttemptResult) => {
    now = result
    t.mock.timers.tick(ms)
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
  }
  return { check, asked, changes, run }
}

test('it asks the path on the host of the target, at once and then every five seconds', async (t) => {
  const { asked, run, check } = checked(t)
  await run(0, answer(204))
  await run(4_999, answer(204))
  assert.equal(asked.length, 1)
  await run(1, answer(204))
  assert.deepEqual(asked, ['http://shop.example:81/healthz?deep=1', 'http://shop.example:81/healthz?deep=1'])
  assert.deepEqual([check.isFailing(), check.lastError()], [false, null])
})

test('one bad check is doubt, a second one a second later takes it out, a good one brings it back', async (t) => {
  const { check, changes, run } = checked(t)
  await run(0, answer(200))
  await run(5_000, answer(503))
  assert.deepEqual([check.isFailing(), check.lastError()], [false, 'health check: target answered 503'])
  await run(1_000, refused)
  assert.deepEqual([check.isFailing(), check.lastError()], [true, 'health check: connect ECONNREFUSED'])
  await run(5_000, answer(302))
  await run(5_000, answer(200))
  assert.deepEqual([check.isFailing(), check.lastError(), changes], [false, null, [true, false]])
})

test('what failed while this process stood still proves nothing', async (t) => {
  const { check, asked, run } = checked(t, { stoodStill: true })
  await run(0, refused)
  await run(5_000, refused)
  await run(5_000, refused)
  assert.deepEqual([check.isFailing(), asked.length], [false, 3])
})

test('nobody asks while nothing is to be sent, nor after the end', async (t) => {
  let isWanted = false
  const { check, asked, run } = checked(t, { isWanted: () => isWanted })
  await run(0, refused)
  await run(5_000, refused)
  assert.equal(asked.length, 0)
  isWanted = true
  await run(5_000, refused)
  assert.equal(asked.length, 1)
  check.close()
  await run(60_000, refused)
  assert.equal(asked.length, 1)
})

test('without a path a target is well for ever', () => {
  const none = openHealthCheck({
    ...{ url: 'http://shop.example/', healthPath: null, stoodStillSince: () => false, isWanted: () => true },
    client: { get: () => assert.fail('asked') },
    metrics: createTargetMetrics(createMetrics()),
    onChange: () => assert.fail('changed'),
  })
  assert.deepEqual([none.isFailing(), none.nextAtMs()], [false, null])
  none.close()
})
