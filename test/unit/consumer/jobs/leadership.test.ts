import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KafkaConnection } from '#shared/kafka/connection.ts'
import type { GroupKeeper, GroupKeeperOptions } from '#shared/kafka/group-keeper.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { openLeadership } from '../../../../services/consumer/jobs/leadership.ts'

/** A leadership over a group without Kafka, and what it says. */
function leadershipUnderTest() {
  const said: string[] = []
  let group: GroupKeeperOptions | undefined
  const leadership = openLeadership({
    ...{
      connection: {} as KafkaConnection,
      groupId: 'g',
      topic: 't',
      sessionTimeoutMs: 6_000,
      metrics: createMetrics(),
    },
    pulse: { stalledAtMs: () => Number.NEGATIVE_INFINITY },
    onGained: () => said.push('gained'),
    onLost: () => said.push('lost'),
    onBroken: assert.fail,
    keep(options) {
      group = options
      return { lastHeartbeatAgeMs: () => 0, stop: async () => {} } as unknown as GroupKeeper
    },
  })
  leadership.want(true)
  let epoch = 0
  return {
    leadership,
    taken: () => said.splice(0),
    rebalance: () => group?.onRevoking(),
    assign(memberId: string, partitions: number[]) {
      epoch += 1
      group?.onAssigned({ epoch, partitions, memberId })
    },
  }
}

test('who has the partition leads; who loses it has lost', () => {
  const { leadership, taken, assign } = leadershipUnderTest()
  assign('a', [])
  assert.deepEqual([leadership.isLeader(), taken()], [false, []])
  assign('a', [0])
  assert.deepEqual([leadership.isLeader(), taken()], [true, ['gained']])
  assign('a', [])
  assert.deepEqual([leadership.isLeader(), taken()], [false, ['lost']])
})

test('a rebalance is a doubt, and the same member goes on after it', () => {
  const { leadership, taken, assign, rebalance } = leadershipUnderTest()
  assign('a', [0])
  taken()
  rebalance()
  assert.deepEqual([leadership.isLeader(), leadership.mayWork(0)], [true, false])
  assign('a', [0])
  assert.deepEqual([leadership.mayWork(0), taken()], [true, []])
})

test('who was evicted and leads again as another member has lost it in between', () => {
  const { leadership, taken, assign, rebalance } = leadershipUnderTest()
  assign('a', [0])
  taken()
  rebalance()
  assign('b', [0])
  assert.deepEqual([leadership.mayWork(0), taken()], [true, ['lost', 'gained']])
})
