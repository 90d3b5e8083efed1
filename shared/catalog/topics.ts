import { setTimeout as sleep } from 'node:timers/promises'
import { TailraceError } from '#shared/errors.ts'
import type { KafkaAdmin } from '#shared/kafka/admin.ts'
import type { TopicDescription, TopicSpec } from '#shared/kafka/topics.ts'
import type { TopicNames } from './names.ts'

const dayMs = 86_400_000
const KiB = 1024

/** Largest record batch of a stream: Kafka's own default, above the 800 KB of a lane's batch. */
const streamBatchBytes = 1024 * KiB
/** What a topic must take that holds events of another one with headers of ours beside them. */
export const withHeaderRoom = (maxMessageBytes: number) => maxMessageBytes + 64 * KiB

/** How long a dead letter is kept, at least. */
export const deadLetterRetentionMs = 30 * dayMs
export const auditRetentionMs = 90 * dayMs

type Retention = { retentionMs: number; retentionBytes: number | null }

/** What Kafka is told about how long a stream is kept. */
export function retentionConfig({ retentionMs, retentionBytes }: Retention): Record<string, string> {
  return { 'retention.ms': String(retentionMs), 'retention.bytes': String(retentionBytes ?? -1) }
}

export function streamTopic(topic: string, stream: Retention & { partitions: number }): TopicSpec {
  const config = { ...retentionConfig(stream), 'max.message.bytes': String(streamBatchBytes) }
  return { name: topic, partitions: stream.partitions, config }
}

/** Kafka removes whole files only, so a new one begins at least four times in the time for which attempts are kept. */
export function attemptsConfig(retentionMs: number): Record<string, string> {
  return { 'retention.ms': String(retentionMs), 'segment.ms': String(Math.min(dayMs, Math.ceil(retentionMs / 4))) }
}

/** The topics of the installation itself. The catalog is compacted: its last record per key stays for good. */
export function ownTopics(names: TopicNames, attemptsRetentionMs = 7 * dayMs): TopicSpec[] {
  return [
    { name: names.catalog, partitions: 1, config: { 'cleanup.policy': 'compact', 'segment.ms': String(dayMs) } },
    {
      name: names.deadLetters,
      partitions: 6,
      config: {
        'retention.ms': String(deadLetterRetentionMs),
        'max.message.bytes': String(withHeaderRoom(streamBatchBytes)),
      },
    },
    { name: names.attempts, partitions: 6, config: attemptsConfig(attemptsRetentionMs) },
    { name: names.audit, partitions: 1, config: { 'retention.ms': String(auditRetentionMs) } },
  ]
}

const pollMs = 100

/** Gives a topic this configuration unless it has it, or is gone. */
export async function provideConfig(
  admin: Pick<KafkaAdmin, 'describeTopic' | 'configureTopic'>,
  topic: string,
  wanted: Readonly<Record<string, string>>,
): Promise<void> {
  const description = await admin.describeTopic(topic)
  const isOther = ([name, value]: [string, string]) => description?.config[name] !== value
  if (description !== undefined && Object.entries(wanted).some(isOther)) await admin.configureTopic(topic, wanted)
}

/** Creates a topic unless it is there and waits for its replicas as `awaitReplicas` does. */
export async function provideTopic(admin: KafkaAdmin, spec: TopicSpec, timeoutMs?: number): Promise<TopicDescription> {
  await admin.createTopic(spec)
  return await awaitReplicas(admin, spec.name, timeoutMs)
}

/**
 * Waits, at most `timeoutMs`, until every partition has a leader and all its replicas are in sync. Rejects with
 * `kafka-unavailable` when a partition has no leader even then; a replica that is behind stays behind.
 */
export async function awaitReplicas(admin: KafkaAdmin, name: string, timeoutMs = 10_000): Promise<TopicDescription> {
  const topic = await describeUntil(admin, name, { isDone: isReplicated, timeoutMs })
  if (topic !== undefined && hasLeaders(topic)) return topic
  throw noLeaders(name)
}

/**
 * Waits, at most 10 s, until a topic shows this many partitions, or more, and a leader for each. Rejects with
 * `kafka-unavailable` when it does not.
 */
export async function awaitLeaders(admin: KafkaAdmin, name: string, partitions = 1): Promise<TopicDescription> {
  const isDone = (topic: TopicDescription) => hasLeaders(topic) && topic.partitions.length >= partitions
  const topic = await describeUntil(admin, name, { isDone, timeoutMs: 10_000 })
  if (topic !== undefined && isDone(topic)) return topic
  throw noLeaders(name)
}

type Wait = { isDone(topic: TopicDescription): boolean; timeoutMs: number }

async function describeUntil(admin: KafkaAdmin, name: string, { isDone, timeoutMs }: Wait) {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const topic = await admin.describeTopic(name)
    if ((topic !== undefined && isDone(topic)) || performance.now() > deadline) return topic
    await sleep(pollMs)
  }
}

const noLeaders = (name: string) =>
  new TailraceError('kafka-unavailable', `topic ${name} does not exist or has a partition without a leader`)

const hasLeaders = ({ partitions }: TopicDescription) => partitions.length > 0 && partitions.every((p) => p.leader >= 0)

const isReplicated = (topic: TopicDescription) =>
  hasLeaders(topic) && topic.partitions.every((p) => p.inSync.length === p.replicas.length)
