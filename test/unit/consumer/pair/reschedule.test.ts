import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeMetadata } from '#shared/delivery/commit-metadata.ts'
import { earliestDueMs } from '../../../../services/consumer/pair/due-times.ts'
import type { RetryPolicy } from '../../../../services/consumer/pair/schedule.ts'
import { viewOf } from '../../../../services/consumer/pair/view.ts'
import { commitAt, foreign, pairUnderTest, record } from './pair-under-test.ts'

/** A pair in which event 0 failed at 0 and waits; the first point of its schedule is at 1,000 ms. */
function waitingPair() {
  const one = pairUnderTest({ eventIdOf: () => 'e' })
  one.start()
  one.read(record(0))
  one.offer()
  one.answer(0, 'failed')
  one.settle()
  const change = (retry: RetryPolicy) => one.apply({ kind: 'policy', policy: { ...one.pair.policy, retry } })
  return { ...one, change, dueMs: () => earliestDueMs(one.pair.table.due) }
}

test('another schedule counts at once for what waits, in both directions', () => {
  const { change, dueMs } = waitingPair()
  const before = dueMs()
  assert.ok(before >= 1_000 && before <= 1_100)
  change({ scheduleMs: [200], giveUpAfterMs: 10_000 })
  assert.ok(dueMs() >= 200 && dueMs() <= 220)
  change({ scheduleMs: [60_000], giveUpAfterMs: 90_000 })
  assert.ok(dueMs() >= 60_000 && dueMs() <= 66_000)
  change({ scheduleMs: [1_000, 3_000], giveUpAfterMs: 10_000 })
  assert.equal(dueMs(), before, 'as if it had never been another')
})

test('another schedule counts also when it comes while the pair loads, or reads its retry half', () => {
  const changed = { scheduleMs: [200], giveUpAfterMs: 10_000 }
  const kept = waitingPair()
  const own = encodeMetadata({ token: 'own', base: 1, runs: [], atMs: 0 }).text
  kept.join('next')
  kept.change(changed)
  kept.assign({ committed: commitAt(1, own) })
  assert.ok(kept.dueMs() >= 200 && kept.dueMs() <= 220, `${kept.dueMs()}`)
  const fresh = pairUnderTest()
  fresh.put(foreign.park(record(0)))
  fresh.join()
  fresh.assign({ committed: commitAt(1) })
  fresh.readRetry()
  fresh.apply({ kind: 'policy', policy: { ...fresh.pair.policy, retry: changed } })
  fresh.settle()
  const dueMs = earliestDueMs(fresh.pair.table.due)
  assert.ok(dueMs >= 200 && dueMs <= 220, `${dueMs}`)
})

test('points that have passed are not made up for', () => {
  const { change, dueMs, at } = waitingPair()
  at(900)
  change({ scheduleMs: [100, 400, 1_600], giveUpAfterMs: 10_000 })
  assert.ok(dueMs() >= 1_600 && dueMs() <= 1_720)
})

test('however often it changes, the event waits once', () => {
  const { change, pair } = waitingPair()
  for (const point of [200, 300, 400]) change({ scheduleMs: [point], giveUpAfterMs: 10_000 })
  assert.equal(viewOf(pair).retrying, 1)
})

test('a policy without another schedule moves nothing', () => {
  const { change, dueMs } = waitingPair()
  const before = dueMs()
  change({ scheduleMs: [1_000, 3_000], giveUpAfterMs: 10_000 })
  assert.equal(dueMs(), before)
})

test('a receiver that asked for time keeps it', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0))
  one.offer()
  one.answer(0, 'waits')
  one.settle()
  one.apply({ kind: 'policy', policy: { ...one.pair.policy, retry: { scheduleMs: [100], giveUpAfterMs: 10_000 } } })
  one.at(499)
  assert.deepEqual(one.offer(), [])
  one.at(500)
  assert.deepEqual(one.offer(), [0])
})

test('what failed while its append is under way follows too', () => {
  const one = pairUnderTest()
  one.start()
  one.read(record(0))
  one.offer()
  one.answer(0, 'failed')
  one.apply({ kind: 'policy', policy: { ...one.pair.policy, retry: { scheduleMs: [200], giveUpAfterMs: 10_000 } } })
  one.settle()
  one.at(220)
  assert.deepEqual(one.offer(), [0])
})
