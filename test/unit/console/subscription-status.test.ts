import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Catalog } from '#shared/catalog/catalog.ts'
import type { Subscription, SubscriptionState } from '#shared/catalog/model.ts'
import type { SubscriptionReport } from '#shared/redis/instances.ts'
import type { ClusterMonitor } from '../../../services/console/cluster-monitor.ts'
import { phaseOf } from '../../../services/console/subscription-status.ts'

const early = '2026-11-21T09:00:00.000Z'
const late = '2026-11-21T10:00:00.000Z'

type Case = {
  paused?: boolean
  resumedAt?: string
  heldAt?: string
  state?: Partial<SubscriptionState>
  reports?: Partial<SubscriptionReport>[]
}

function phase({ paused = false, resumedAt, heldAt, state, reports = [] }: Case) {
  const catalog = { state: () => state } as unknown as Catalog
  const monitor = { last: () => undefined } as unknown as ClusterMonitor
  const moments = { resumedAt: resumedAt ?? null, heldAt: heldAt ?? null, updatedAt: early }
  const subscription = { uid: 'u', paused, ...moments } as Subscription
  const complete = reports.map((report) => ({ reason: null, since: early, nextProbeAt: null, ...report }))
  return phaseOf({ catalog, monitor }, subscription, complete as SubscriptionReport[])
}

test('what an operator decided comes first', () => {
  assert.equal(phase({ paused: true, reports: [{ phase: 'held' }] }).phase, 'paused')
})

test('an operator holds it before any consumer knows; paused and failed say more', () => {
  const { reason, since, nextProbeAt } = phase({ heldAt: late, reports: [{ phase: 'active' }] })
  assert.deepEqual([reason, since, nextProbeAt], ['held-by-operator', late, null])
  assert.equal(phase({ heldAt: late, paused: true }).phase, 'paused')
  assert.equal(phase({ heldAt: late, state: { reason: 'offsets-lost', since: early } }).phase, 'failed')
})

test('a receiver that is gone pauses it until it is resumed', () => {
  const state = { reason: 'receiver-gone', since: early }
  assert.deepEqual(phase({ state, reports: [{ phase: 'active' }] }).phase, 'paused')
  assert.equal(phase({ state, resumedAt: late, reports: [{ phase: 'active' }] }).phase, 'active')
  assert.equal(phase({ state: { ...state, since: late }, resumedAt: early }).phase, 'paused')
})

test('lost offsets make it failed', () => {
  assert.equal(phase({ state: { reason: 'offsets-lost', since: early } }).phase, 'failed')
})

test('of what the instances report the worst counts, with its earliest moment', () => {
  const worst = phase({
    reports: [{ phase: 'active' }, { phase: 'held', since: late }, { phase: 'held', since: early }],
  })
  assert.deepEqual([worst.phase, worst.since], ['held', early])
})

test('while nobody has it, it is starting', () => {
  assert.equal(phase({}).phase, 'starting')
})
