import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topicNames } from '#shared/catalog/names.ts'
import type { TopicDescription } from '#shared/kafka/topics.ts'
import { requireTopic } from '../../../services/console/destination-topic.ts'

const topics = topicNames('tailrace.')
const stream = { topic: 'orders' }
const to = (topic: string) => ({ destination: { kind: 'kafka' as const, topic } })

const topicWith = (minInSync: string): TopicDescription => ({
  partitions: [{ partition: 0, leader: 1, replicas: [1, 2, 3], inSync: [1, 2, 3] }],
  config: { 'min.insync.replicas': minInSync },
})

/** What brokers say one after the other; undefined: it has not heard of the topic yet. */
const adminOf = (...answers: (TopicDescription | undefined)[]) => ({ describeTopic: async () => answers.shift() })

test('a topic is a destination by what one broker says of it, whatever the next one knows', async () => {
  await requireTopic({ admin: adminOf(topicWith('2'), undefined), topics }, to('copy'), stream)
})

test('a topic that nobody knows, or that could lose events, is none', async () => {
  const refused = (admin: ReturnType<typeof adminOf>, detail: RegExp) =>
    assert.rejects(requireTopic({ admin, topics }, to('copy'), stream), { code: 'body-invalid', message: detail })
  await refused(adminOf(undefined), /there is no topic copy/)
  await refused(adminOf(topicWith('1')), /min\.insync\.replicas is 1/)
})
