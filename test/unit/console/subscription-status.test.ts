import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Catalog } from '#shared/catalog/catalog.ts'
import type { Subscription, SubscriptionState } from '#shared/catalog/model.ts'
import type { InstanceReport, SubscriptionReport } from '#shared/redis/instances.ts'
import type { ClusterMonitor } from '../../../services/console/cluster-monitor.ts'
import { byInstance, phaseOf, targetsOf } from '../../../services/console/subscription-status.ts'

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

const [a, b] = ['http://a/', 'http://b/']

function targetStatuses({ state, resumedAt, reports = [] }: Case) {
  const catalog = { state: () => state } as unknown as Catalog
  const destination = { targets: [{ url: a }, { url: b }] }
  const subscription = { uid: 'u', resumedAt: resumedAt ?? null, destination } as Subscription
  return targetsOf({ catalog }, subscription, reports as SubscriptionReport[])
}

test('each target has what the instances say of it together', () => {
  const seen = targetStatuses({
    reports: [
      { targets: [{ url: a, breaker: 'closed', lastError: null, healthy: true }] },
      {
        targets: [
          { url: a, breaker: 'open', lastError: 'connect ECONNREFUSED', healthy: false },
          { url: b, breaker: 'half-open', lastError: null },
        ],
      },
    ],
  })
  assert.deepEqual(seen, [
    { url: a, breaker: 'open', openOn: 1, instances: 2, lastError: 'connect ECONNREFUSED', healthy: false },
    { url: b, breaker: 'half-open', openOn: 0, instances: 1, lastError: null, healthy: false },
  ])
})

test('a target that answered 410 is not healthy, whoever knows it, until it is resumed', () => {
  const reports: Partial<SubscriptionReport>[] = [
    { targets: [a, b].map((url) => ({ url, breaker: 'closed', lastError: null, healthy: true })) },
  ]
  const state = { reason: null, since: early, gone: [{ url: b, at: early }] }
  const wells = (given: Case) => targetStatuses(given).map(({ healthy, lastError }) => [healthy, lastError])
  assert.deepEqual(wells({ state, reports }), [
    [true, null],
    [false, 'target answered 410'],
  ])
  assert.deepEqual(wells({ state }), [
    [null, null],
    [false, 'target answered 410'],
  ])
  assert.deepEqual(wells({ state, reports, resumedAt: late }), [
    [true, null],
    [true, null],
  ])
})

test('each instance that has the subscription says what it thinks of a target', () => {
  const target = (breaker: string, lastError: string | null) => ({ url: a, breaker, lastError })
  const report = (uid: string, ...targets: object[]) => ({ uid, targets })
  const instances = [
    { id: 'consumer-1', subscriptions: [report('other', target('open', 'x')), report('u', target('closed', null))] },
    { id: 'consumer-2', subscriptions: [report('u', { url: b, breaker: 'open' }, target('open', 'refused'))] },
    { id: 'producer-1' },
  ] as unknown as InstanceReport[]
  assert.deepEqual(byInstance(a, { uid: 'u' } as Subscription, instances), [
    { instance: 'consumer-1', breaker: 'closed', lastError: null },
    { instance: 'consumer-2', breaker: 'open', lastError: 'refused' },
  ])
  assert.deepEqual(byInstance(a, { uid: 'u' } as Subscription, null), [])
})
