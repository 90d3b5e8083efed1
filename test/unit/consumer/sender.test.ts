import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Subscription } from '#shared/catalog/model.ts'
import type { AttemptRequest } from '#shared/delivery/attempt.ts'
import { createTargetMetrics } from '#shared/delivery/target-client.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import type { RunnerEnvironment } from '../../../services/consumer/environment.ts'
import { senderOf } from '../../../services/consumer/sender.ts'

const delivery = { timeoutMs: 1_000 } as Subscription['delivery']

const request = {
  record: { topic: 't', partition: 0, offset: 7, timestampMs: 0, key: null, value: Buffer.from('{}'), headers: {} },
  stream: { name: 'orders', defaultType: null },
  subscription: { name: 'mirror', uid: 'u' },
} as unknown as AttemptRequest

function sending(kind: 'http' | 'kafka') {
  const appended: string[] = []
  const environment = {
    targetMetrics: createTargetMetrics(createMetrics()),
    destinationLanes: { append: async (topic: string) => appended.push(topic) - 1 },
    admin: { describeTopic: async () => ({ partitions: [0] }), unsafeTopicReasons: async () => [] },
  } as unknown as RunnerEnvironment
  const destination = { kind, topic: 'copy' } as Subscription['destination']
  return { send: senderOf(environment, { destination, delivery }), appended }
}

test('an HTTP destination has no sender of its own', () => {
  assert.equal(sending('http').send, null)
})

for (const isOwner of [true, false]) {
  test(`an event goes to its topic ${isOwner ? 'while it is ours' : 'only while it is ours'}`, async () => {
    const { send, appended } = sending('kafka')
    const attempted = await send?.(request, () => isOwner)
    assert.deepEqual(
      [attempted?.result, attempted?.decision.code, appended],
      [null, isOwner ? 'stored' : 'aborted', isOwner ? ['copy'] : []],
    )
  })
}
