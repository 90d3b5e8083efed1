import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { TailraceError } from '#shared/errors.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { takePicture } from '../../../services/console/cluster-picture.ts'

const partition = { partition: 0, leader: 1, replicas: [1, 2, 3], inSync: [1, 2, 3] }
const refuse = (topic: string) => {
  if (topic === 'gone') throw new TailraceError('kafka-unavailable', 'This server does not host this topic-partition')
}

/** A cluster with the topic `kept`; like Kafka it refuses every other question about `gone`. */
const admin: Partial<KafkaAdmin> = {
  cluster: async () => ({ brokers: [{ id: 1, address: 'h:9092' }], controllerId: 1 }),
  describeTopic: async (topic) => (topic === 'gone' ? undefined : { partitions: [partition], config: {} }),
  groupMembers: async () => [{ memberId: 'm', clientId: 'c', assignment: { kept: [0] } }],
  async offsets(topic) {
    refuse(topic)
    return [{ partition: 0, low: 2, high: 9 }]
  },
  async committed(_, topic) {
    refuse(topic)
    return [{ partition: 0, offset: 7, metadata: '' }]
  },
}

const stream = (name: string) => ({ name, topic: name }) as Stream
const subscription = (uid: string, of: string) => ({ uid, stream: of, group: uid }) as Subscription

test('a topic that is gone takes only its own stream and subscriptions out of the picture', async () => {
  const { streams, subscriptions } = await takePicture(admin as KafkaAdmin, {
    streams: [stream('gone'), stream('kept')],
    subscriptions: [subscription('a', 'gone'), subscription('b', 'kept'), subscription('c', 'unknown')],
  })
  assert.deepEqual(streams.get('gone'), { partitions: [], unsafe: [], missing: true })
  assert.deepEqual(streams.get('kept')?.partitions, [{ ...partition, low: 2, end: 9 }])
  const nothing = { committed: new Map(), owners: new Map() }
  assert.deepEqual(subscriptions.get('a'), nothing)
  assert.deepEqual(subscriptions.get('b'), { committed: new Map([[0, 7]]), owners: new Map([[0, 'c']]) })
  assert.deepEqual(subscriptions.get('c'), nothing)
})
