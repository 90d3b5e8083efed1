import type { SubscriptionDefinition } from '#shared/catalog/create-subscription.ts'
import type { Stream } from '#shared/catalog/model.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import { unsafeReasons } from '#shared/kafka/topics.ts'
import { bodyInvalid } from './body.ts'
import type { Console } from './context.ts'

/**
 * Refuses a Kafka destination that is no place for events: internal topics of Kafka or of this installation, the topic they
 * come from, and one that is not there or could lose what it acknowledged.
 */
export async function requireTopic(
  { admin, topics }: Pick<Console, 'topics'> & { admin: Pick<KafkaAdmin, 'describeTopic'> },
  { destination: { kind, topic } }: { destination: Pick<SubscriptionDefinition['destination'], 'kind' | 'topic'> },
  stream: Pick<Stream, 'topic'>,
): Promise<void> {
  if (kind !== 'kafka' || topic === null) return
  const isInternal = topic.startsWith('__') || topic === '.' || topic === '..'
  const isOursOnly = topics.isOwn(topic) && !topic.startsWith(topics.events(''))
  if (isInternal || isOursOnly) throw refused('not-allowed', `topic ${topic} is internal`, 'name a topic of your own')
  if (topic === stream.topic) {
    throw refused('not-allowed', `${topic} is the topic of its own stream`, 'name another topic: this is a circle')
  }
  // One answer for both questions: another broker may not know a new topic yet.
  const description = await admin.describeTopic(topic)
  if (description === undefined) {
    throw refused('topic-unknown', `there is no topic ${topic}`, 'create the topic, or a stream, first')
  }
  const reasons = unsafeReasons(description)
  if (reasons.length === 0) return
  const fix = 'give it replication factor 3 and min.insync.replicas 2'
  throw refused('topic-unsafe', `topic ${topic} could lose events: ${reasons.join(', ')}`, fix)
}

function refused(code: string, detail: string, fix: string) {
  return bodyInvalid([{ pointer: '/destination/topic', code, detail, fix }])
}
