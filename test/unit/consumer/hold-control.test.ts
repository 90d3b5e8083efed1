import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunnerEnvironment } from '../../../services/consumer/environment.ts'
import { HoldControl } from '../../../services/consumer/hold-control.ts'
import { openFlow } from '../../../services/consumer/pair/flow.ts'
import { isHolding, isProbeDue, reasonOf } from '../../../services/consumer/pair/hold.ts'
import type { Standing } from '../../../services/consumer/targets.ts'

function controlled({ paused = false } = {}) {
  const flow = openFlow(10)
  const changes: string[] = []
  const written: object[] = []
  const environment = {
    telemetry: { failed: () => {}, holdBegan: () => {}, holdEnded: () => {}, stateNotWritten: () => {} },
    states: {
      reason: () => null,
      write: async (_uid: string, change: object) => void written.push(change),
    },
  } as unknown as RunnerEnvironment
  const control = new HoldControl({
    ...{ environment, flow, subscription: () => ({ uid: 'u', name: 'billing', paused, heldAt: null }) },
    onReason: () => {},
    onChange: (change) => void changes.push(change),
    onFound: () => {},
  })
  control.follow()
  const after = (standing: Standing) => {
    control.followTargets(standing)
    return [reasonOf(flow.hold), isProbeDue(flow.hold)]
  }
  return { flow, after, changes, written }
}

const failing = 'all-targets-failing'
const laterMs = 1e12

test('the hold follows the targets through an outage, and begins and ends once', () => {
  const { after, changes } = controlled()
  assert.deepEqual(after({ kind: 'up' }), [null, false])
  assert.deepEqual(after({ kind: 'down', state: 'open' }), [failing, false])
  assert.deepEqual(after({ kind: 'down', state: 'half-open' }), [failing, true])
  assert.deepEqual(after({ kind: 'down', state: 'probing' }), [failing, false])
  assert.deepEqual(after({ kind: 'down', state: 'half-open' }), [failing, true], 'another one may be back too')
  assert.deepEqual(after({ kind: 'up' }), [null, false])
  assert.deepEqual(changes, ['hold', 'release'])
})

test('a probe may begin before all are down, and then it is a probe of the hold', () => {
  const { flow, after } = controlled()
  assert.deepEqual(after({ kind: 'down', state: 'probing' }), [failing, false])
  assert.notEqual(flow.hold.sinceMs, null)
})

test('from waiting to failing and back nothing starts in between, and a target that is back ends the wait', () => {
  const { flow, after, changes } = controlled()
  assert.deepEqual(after({ kind: 'waits', untilMs: laterMs }), ['target-waits', false])
  assert.deepEqual(after({ kind: 'down', state: 'half-open' }), [failing, true])
  assert.deepEqual(after({ kind: 'waits', untilMs: laterMs }), ['target-waits', false])
  assert.equal(isHolding(flow.hold), true)
  assert.deepEqual(after({ kind: 'up' }), [null, false])
  assert.deepEqual(changes, ['hold', 'release'])
})

test('with every target gone it is paused, and the record says why, once', () => {
  const { after, written } = controlled()
  assert.deepEqual(after({ kind: 'gone' }), ['receiver-gone', false])
  assert.deepEqual(after({ kind: 'gone' }), ['receiver-gone', false])
  assert.deepEqual(written, [{ reason: 'receiver-gone' }])
})

test('what an operator paused is not paused for another reason', () => {
  const { after, written } = controlled({ paused: true })
  assert.deepEqual(after({ kind: 'gone' }), ['operator', false])
  assert.deepEqual(written, [])
})
