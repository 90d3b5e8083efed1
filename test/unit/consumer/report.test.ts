import assert from 'node:assert/strict'
import { test } from 'node:test'
import { phaseOfReason } from '#shared/catalog/phases.ts'
import { type Hold, noHold } from '../../../services/consumer/pair/hold.ts'
import { reportOf } from '../../../services/consumer/report.ts'

function phaseOf(hold: Partial<Hold>, topicsReason: string | null = null) {
  const { phase, reason } = reportOf({
    ...{ subscription: { uid: 'u', name: 'n' }, hold: { ...noHold, ...hold }, pairs: [], ends: new Map() },
    ...{ targets: { nextProbeAtMs: () => null, reports: () => [] }, since: '', topicsReason, isJoined: true },
    ...{ delivered: 0, deadLettered: 0 },
  })
  return [phase, reason]
}

test('an instance reports the phase that the reason means everywhere', () => {
  assert.deepEqual(phaseOf({}), ['active', null])
  for (const paused of ['operator', 'receiver-gone', 'offsets-lost', 'filter-unusable', 'held-by-operator']) {
    assert.deepEqual(phaseOf({ paused }), [phaseOfReason(paused), paused])
  }
  assert.deepEqual(phaseOf({ down: 'resting' }), ['held', 'all-targets-failing'])
  assert.deepEqual(phaseOf({ waitsUntilMs: 1 }), ['held', 'target-waits'])
  assert.deepEqual(phaseOf({ paused: 'filter-unusable' }), ['failed', 'filter-unusable'])
})

test('topics that are wrong come before what else stops it, but for a position that is lost', () => {
  const wrong = 'retry-topic-missing'
  assert.deepEqual(phaseOf({ paused: 'operator' }, wrong), ['failed', wrong])
  assert.deepEqual(phaseOf({ paused: 'offsets-lost' }, wrong), ['failed', 'offsets-lost'])
})
