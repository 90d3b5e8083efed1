import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '#shared/observability/metrics.ts'
import type { SubscriptionReport } from '#shared/redis/instances.ts'
import { standingOf } from '../../../services/consumer/standing.ts'
import { createStandingMetrics } from '../../../services/consumer/standing-metrics.ts'
import { foreign, pairUnderTest, record } from './pair/pair-under-test.ts'

const at = (offset: number, timestampMs: number, key = `k${offset}`) => ({ ...record(offset, key), timestampMs })

test('counts what is unread, in memory and parked, and tells the oldest of the stream from the oldest of all', () => {
  const under = pairUnderTest()
  const { pair } = under
  under.start()
  assert.deepEqual(standingOf([pair], new Map([[0, 0]])), {
    ...{ lagEvents: 0, oldestInStreamMs: null, oldestMs: null, suppressed: 0 },
  })
  under.read(at(0, 0), at(1, 500), at(2, 900))
  under.offer()
  under.answer(0, 'failed')
  under.settle()
  const standing = standingOf([pair], new Map([[0, 10]]))
  assert.deepEqual(standing, { lagEvents: 10, oldestInStreamMs: 500, oldestMs: 0, suppressed: 0 })
})

test('an event that waits already is not delivered again when the stream brings it, and that is counted', () => {
  const under = pairUnderTest()
  under.put(foreign.park(record(4)))
  under.start()
  under.read(record(4), record(5))
  assert.equal(standingOf([under.pair], new Map()).suppressed, 1)
})

test('metrics have one label, follow what the runners say, and forget who is gone', async () => {
  const metrics = createMetrics()
  const standing = { lagEvents: 7, oldestInStreamMs: Date.now() - 4_000, oldestMs: Date.now() - 9_000, suppressed: 2 }
  const report = { uid: 'u', name: 'billing', phase: 'held', retrying: 3, standing } as SubscriptionReport
  const pairs = [1, 2].map((blockedKeys) => ({ blockedKeys })) as SubscriptionReport['pairs']
  let reports = [{ ...report, pairs }]
  createStandingMetrics(metrics, () => reports)
  const read = async (name: string) => {
    const line = new RegExp(`^tailrace_${name}\\{subscription="billing"\\} (.+)$`, 'm').exec(
      await metrics.registry.metrics(),
    )
    return line === null ? null : Number(line[1])
  }
  assert.equal(await read('subscription_lag_events'), 7)
  assert.ok(((await read('subscription_lag_seconds')) ?? 0) >= 4)
  assert.ok(((await read('subscription_oldest_undelivered_seconds')) ?? 0) >= 9)
  assert.deepEqual([await read('subscription_held'), await read('subscription_blocked_keys')], [1, 3])
  assert.deepEqual([await read('subscription_retrying'), await read('duplicates_suppressed_total')], [3, 2])
  reports = []
  assert.equal(await read('subscription_lag_events'), null)
  assert.equal(await read('duplicates_suppressed_total'), null)
})
