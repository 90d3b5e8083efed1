import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeHold, endAttempt, freeSlots, openFlow, setConcurrency } from '../../../../services/consumer/pair/flow.ts'
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
      flow.underWay += 1
      endAttempt(flow, kind, 2)
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
