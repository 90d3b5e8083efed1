import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InstanceReport } from '#shared/redis/instances.ts'
import type { Console } from '../../../../services/console/context.ts'
import { readStateNames } from '../../../../services/console/deliveries/live-state.ts'

const reportedAtMs = Date.now()
const report = {
  id: 'consumer-1',
  at: new Date(reportedAtMs).toISOString(),
  subscriptions: [
    {
      ...{ uid: 'u1', phase: 'active', reason: null, nextProbeAt: null },
      pairs: [{ partition: 2, delivering: [{ offset: 7, attempts: 1, firstAttemptAtMs: 5 }] }, { partition: 3 }],
    },
    { uid: 'u2', phase: 'held', reason: 'all-targets-failing', nextProbeAt: null, pairs: [] },
  ],
} as unknown as InstanceReport

function namesWith(reports: readonly InstanceReport[]) {
  const subscription = (uid: string) => (uid === 'gone' ? undefined : { uid, name: uid, paused: false, heldAt: null })
  const console = {
    prefix: 'p.',
    redis: { tryRun: async () => Object.fromEntries(reports.map((one, at) => [`i${at}`, JSON.stringify(one)])) },
    catalog: { subscriptionByUid: subscription, state: () => undefined },
    monitor: { last: () => undefined },
  }
  return readStateNames(console as unknown as Console)
}

test('a delivery is where its newest entry says, or where the instances see it now', async () => {
  const names = await namesWith([report])
  const at = (uid: string, partition: number) => ({ uid, partition })
  const of = (uid: string, partition: number, state: 'queued' | 'retrying' | 'delivered', offset = 7, atMs = 5) =>
    names.of(at(uid, partition), { state, offset, atMs })
  assert.deepEqual(
    [of('u1', 2, 'queued'), of('u1', 2, 'retrying'), of('u1', 2, 'delivered')],
    ['delivering', 'delivering', 'delivered'],
  )
  assert.equal(of('u1', 2, 'retrying', 7, reportedAtMs + 1), 'retrying', 'the log tells what came of it')
  assert.deepEqual([of('u1', 3, 'queued'), of('u1', 2, 'retrying', 8)], ['queued', 'retrying'])
  assert.deepEqual([of('u2', 0, 'queued'), of('u2', 0, 'retrying')], ['held', 'retrying'])
  assert.deepEqual(
    [of('gone', 0, 'queued'), of('gone', 0, 'retrying'), of('gone', 0, 'delivered')],
    ['unknown', 'unknown', 'delivered'],
  )
  assert.deepEqual([names.waiting(at('u1', 2), 7), names.waiting(at('u1', 2), 8)], ['delivering', 'queued'])
  const place = { uid: 'u1', partition: 2, offset: 7 }
  assert.deepEqual(names.underWay(), [{ ...place, reportedAtMs, attempts: 1, firstAttemptAtMs: 5 }])
})
