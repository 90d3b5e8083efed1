import { setTimeout as sleep } from 'node:timers/promises'
import type { Static } from 'typebox'
import { TailraceError } from '#shared/errors.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import type { TopicDescription } from '#shared/kafka/topics.ts'
import type { Catalog } from './catalog.ts'
import type { Stream } from './model.ts'
import type { TopicNames } from './names.ts'
import { recordKey } from './record-keys.ts'
import {
  defaultPartitions,
  longestRetentionMs,
  shortestRetentionMs,
  smallestRetentionBytes,
  type streamDefinition,
} from './stream-schema.ts'
import { provideConfig, provideTopic, retentionConfig, streamTopic } from './topics.ts'

/** What creating streams and subscriptions works with. */
export type Provisioning = { catalog: Catalog; admin: KafkaAdmin; topics: TopicNames }

export type StreamDefinition = Static<typeof streamDefinition>

/** `partitions` null: the default, or as many as the bound topic has. */
export type NewStream = Omit<StreamDefinition, 'partitions'> & { name: string; partitions: number | null }

/**
 * Creates a stream that the catalog does not have: its topic first, then its record, so that whoever sees the stream can
 * write to it. Rejects with `partitions-fixed` when the topic is there with another number of partitions.
 */
export async function createStream(provisioning: Provisioning, stream: NewStream): Promise<Stream> {
  const own = provisioning.topics.events(stream.name)
  const bound = stream.topic !== null && stream.topic !== own
  const now = new Date().toISOString()
  const rest = bound ? await bind(provisioning, stream) : await provide(provisioning, stream, own)
  const record = { ...stream, ...rest, bound, createdAt: now, updatedAt: now }
  const revision = await provisioning.catalog.write(recordKey.stream(stream.name), record)
  // A topic that was there may be kept for another time.
  if (!bound) await provideConfig(provisioning.admin, own, retentionConfig(record))
  return { ...record, revision }
}

async function provide({ admin }: Provisioning, stream: NewStream, topic: string) {
  const partitions = stream.partitions ?? defaultPartitions
  const description = await provideTopic(admin, streamTopic(topic, { ...stream, partitions }))
  requirePartitions(topic, description, partitions)
  return { topic, partitions }
}

/** A topic of another owner stays as it is: its partitions and retention are read, never set. */
async function bind({ admin, topics }: Provisioning, stream: NewStream) {
  const topic = String(stream.topic)
  const description = isInternal(topic, topics) ? undefined : await describeForeign(admin, topic)
  if (description === undefined) throw notBindable(topic)
  if (stream.partitions !== null) requirePartitions(topic, description, stream.partitions)
  return { topic, partitions: description.partitions.length, ...retentionOf(description) }
}

/** A topic made a moment ago is not known to every broker yet; asking again for a second costs only who mistyped. */
async function describeForeign(admin: KafkaAdmin, topic: string): Promise<TopicDescription | undefined> {
  for (const pauseMs of [50, 150, 300, 500, 0]) {
    const description = await admin.describeTopic(topic)
    if (description !== undefined) return description
    await sleep(pauseMs)
  }
  return undefined
}

const isInternal = (topic: string, topics: TopicNames) =>
  topic.startsWith('__') || topic === '.' || topic === '..' || topics.isOwn(topic)

/** Within the bounds of our own schema: a stored stream always passes it. */
function retentionOf({ config }: TopicDescription) {
  const [ms, bytes] = [Number(config['retention.ms'] ?? -1), Number(config['retention.bytes'] ?? -1)]
  return {
    retentionMs: ms < 0 ? longestRetentionMs : Math.min(Math.max(ms, shortestRetentionMs), longestRetentionMs),
    retentionBytes: bytes < 0 ? null : Math.max(bytes, smallestRetentionBytes),
  }
}

function requirePartitions(topic: string, { partitions }: TopicDescription, wanted: number): void {
  if (partitions.length === wanted) return
  throw new TailraceError(
    'partitions-fixed',
    `topic ${topic} exists with ${partitions.length} partitions, not ${wanted}`,
  )
}

function notBindable(topic: string): TailraceError {
  const fault = { pointer: '/topic', code: 'topic-unknown', detail: `there is no topic ${topic} that can be bound` }
  return new TailraceError('body-invalid', fault.detail, {
    errors: [{ ...fault, fix: 'create the topic first, or leave topic out to get one of its own' }],
  })
}
