import { TailraceError } from '#shared/errors.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import type { TopicDescription, TopicSpec } from '#shared/kafka/topics.ts'
import type { TopicNames } from './names.ts'
import { awaitLeaders, withHeaderRoom } from './topics.ts'

const maxBytes = 'max.message.bytes'

/** `isNew`: of a subscription that is being created, so there is no such topic yet. */
type Wanted = { source: string; name: string; isNew?: boolean }
type Provider = { admin: KafkaAdmin; topics: Pick<TopicNames, 'deadLetters'> }

/**
 * Makes the retry topic of a subscription what its stream's topic demands: as many partitions, and room for its largest
 * record with our headers, here and among the dead letters. Creates it, mends one that is there, and changes nothing when
 * all is well. Resolves when every partition has a leader. Rejects with `partitions-fixed` when it has more partitions than
 * the stream's topic, which can only happen when that one was made anew, and with `kafka-unavailable`.
 */
export async function provideRetryTopic(
  { admin, topics }: Provider,
  { source, name, isNew = false }: Wanted,
): Promise<void> {
  const stream = await awaitLeaders(admin, source)
  const spec = retryTopicOf(name, stream)
  // Only the controller creates topics, and the other brokers wait for a frozen one for half a minute.
  const isThere = !isNew && (await admin.describeTopic(name)) !== undefined
  if (!isThere) await admin.createTopic(spec)
  await mend(admin, topics.deadLetters, roomFor(stream))
  const { partitions } = await mend(admin, name, spec.config)
  if (partitions.length < spec.partitions) {
    await admin.growTopic(name, spec.partitions)
    await awaitLeaders(admin, name, spec.partitions)
  }
  if (partitions.length > spec.partitions) throw tooMany(spec, partitions.length, source)
}

/**
 * Waiting deliveries stay until their owner trims the topic behind its committed offset: by time or size they would be
 * lost, and compaction could remove the record that a reader needs before the one that replaces it.
 */
export function retryTopicOf(name: string, stream: TopicDescription): Required<TopicSpec> {
  const kept = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' }
  return { name, partitions: stream.partitions.length, config: { ...kept, ...roomFor(stream) } }
}

const roomFor = ({ config }: TopicDescription) => ({ [maxBytes]: String(withHeaderRoom(Number(config[maxBytes]))) })

/** Sets what is not as it must be. Room only ever grows: what was taken yesterday must be taken again tomorrow. */
async function mend(admin: KafkaAdmin, name: string, wanted: Readonly<Record<string, string>>) {
  const topic = await awaitLeaders(admin, name)
  const isWrong = ([setting, value]: [string, string]) =>
    setting === maxBytes ? Number(topic.config[setting]) < Number(value) : topic.config[setting] !== value
  const wrong = Object.entries(wanted).filter(isWrong)
  if (wrong.length > 0) await admin.configureTopic(name, Object.fromEntries(wrong))
  return topic
}

function tooMany({ name, partitions }: TopicSpec, found: number, source: string): TailraceError {
  const detail = `${name} has ${found} partitions and ${source} only ${partitions}, so that topic was made anew`
  return new TailraceError('partitions-fixed', `${detail}; delete the subscription and create it again`)
}
