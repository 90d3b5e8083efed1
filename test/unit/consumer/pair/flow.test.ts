import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  changeHold,
  endAttempt,
  freeSlots,
  openFlow,
  setConcurrency,
  sharedSlots,
  startAttempt,
} from '../../../../services/consumer/pair/flow.ts'
import { isProbeDue, reasonOf } from '../../../../services/consumer/pair/hold.ts'

test('a hold ends when its last reason does, and then the ramp climbs from one', () => {
  const flow = openFlow(10)
  assert.equal(changeHold(flow, { kind: 'breaker', state: 'open' }, 0), 'began')
  assert.equal(changeHold(flow, { kind: 'pause', reason: 'operator' }, 1), 'same')
  assert.equal(reasonOf(flow.hold), 'operator')
  assert.equal(flow.hold.sinceMs, 0)
  assert.equal(changeHold(flow, { kind: 'breaker', state: 'closed' }, 2), 'same')
  assert.equal(freeSlots(flow), 0)
  assert.equal(changeHold(flow, { kind: 'pause', reason: null }, 3), 'ended')
  assert.equal(freeSlots(flow), 1)
})

test('every success doubles the limit up to the concurrency, a failure halves it, and full height forgives', () => {
  const flow = openFlow(10)
  changeHold(flow, { kind: 'pause', reason: 'operator' }, 0)
  changeHold(flow, { kind: 'pause', reason: null }, 1)
  const limits = (['delivered', 'delivered', 'failed', 'delivered', 'refused', 'delivered', 'failed'] as const).map(
    (kind) => {
      startAttempt(flow, 'stream')
      endAttempt(flow, { of: 'stream', outcome: kind })
      return flow.ramp.limit
    },
  )
  assert.deepEqual(limits, [2, 4, 2, 4, 8, 10, 10])
})

test('only a half-open breaker lets one probe through, and never while paused or told to wait', () => {
  const flow = openFlow(10)
  changeHold(flow, { kind: 'breaker', state: 'open' }, 0)
  assert.equal(isProbeDue(flow.hold), false)
  changeHold(flow, { kind: 'breaker', state: 'half-open' }, 5_000)
  assert.equal(isProbeDue(flow.hold), true)
  changeHold(flow, { kind: 'wait', untilMs: 7_000 }, 5_000)
  assert.equal(isProbeDue(flow.hold), false)
  changeHold(flow, { kind: 'tick' }, 7_000)
  assert.equal(isProbeDue(flow.hold), true)
  changeHold(flow, { kind: 'probe' }, 7_000)
  assert.equal(isProbeDue(flow.hold), false)
  assert.equal(reasonOf(flow.hold), 'all-targets-failing')
})

test('a changed concurrency counts at once', () => {
  const flow = openFlow(10)
  setConcurrency(flow, 3)
  assert.equal(freeSlots(flow), 3)
  setConcurrency(flow, 50)
  assert.equal(freeSlots(flow), 50)
})

test('parked events take at most half of the slots while fresh ones wait, and all when none does', () => {
  const flow = openFlow(10)
  assert.deepEqual(sharedSlots(flow, false), { slots: 10, ofRetry: 10 })
  assert.deepEqual(sharedSlots(flow, true), { slots: 10, ofRetry: 5 })
  for (let i = 0; i < 4; i += 1) startAttempt(flow, 'retry')
  assert.deepEqual(sharedSlots(flow, true), { slots: 6, ofRetry: 1 })
  for (let i = 0; i < 6; i += 1) startAttempt(flow, 'stream')
  assert.deepEqual(sharedSlots(flow, true), { slots: 0, ofRetry: 0 })
  endAttempt(flow, { of: 'retry', outcome: 'delivered' })
  assert.deepEqual(sharedSlots(flow, true), { slots: 1, ofRetry: 1 })
})

test('with a single slot the halves take turns', () => {
  const flow = openFlow(1)
  const turns = [1, 2, 3, 4].map(() => {
    const { ofRetry } = sharedSlots(flow, true)
    const of = ofRetry > 0 ? 'retry' : 'stream'
    startAttempt(flow, of)
    endAttempt(flow, { of, outcome: 'delivered' })
    return of
  })
  assert.deepEqual(turns, ['stream', 'retry', 'stream', 'retry'])
})

test('what a rate limit lets pass is shared like slots: half each, or by turns', () => {
  const flow = openFlow(10)
  assert.deepEqual(sharedSlots(flow, true, 4), { slots: 4, ofRetry: 2 })
  assert.deepEqual(sharedSlots(flow, false, 4), { slots: 4, ofRetry: 4 })
  assert.deepEqual(sharedSlots(flow, true, 0), { slots: 0, ofRetry: 0 })
  assert.deepEqual(sharedSlots(flow, true, 100), { slots: 10, ofRetry: 5 })
  startAttempt(flow, 'stream')
  assert.deepEqual(sharedSlots(flow, true, 1), { slots: 1, ofRetry: 1 })
  startAttempt(flow, 'retry')
  assert.deepEqual(sharedSlots(flow, true, 1), { slots: 1, ofRetry: 0 })
})
