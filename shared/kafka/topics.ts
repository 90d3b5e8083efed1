import type { Admin, ConfigEntries } from 'kafkajs'
import kafkajs from 'kafkajs'
import { isKafkaError } from './errors.ts'

const { ConfigResourceTypes, ConfigSource } = kafkajs

/** One partition as the cluster sees it; ids of brokers, `leader` -1 when there is none. */
export type PartitionDescription = { partition: number; leader: number; replicas: number[]; inSync: number[] }

export type TopicDescription = { partitions: PartitionDescription[]; config: Record<string, string> }

export type TopicSpec = { name: string; partitions: number; config?: Readonly<Record<string, string>> }

const replicas = 3
const minInSync = 2
const safeConfig = { 'min.insync.replicas': String(minInSync), 'message.timestamp.type': 'LogAppendTime' }

/** Creates a topic and waits until its partitions have leaders. */
export async function createTopic(
  admin: Admin,
  { name, partitions, config }: TopicSpec,
): Promise<'created' | 'exists'> {
  const entries = Object.entries({ ...safeConfig, ...config })
  const created = await admin.createTopics({
    waitForLeaders: true,
    topics: [
      {
        topic: name,
        numPartitions: partitions,
        replicationFactor: replicas,
        configEntries: entries.map(([key, value]) => ({ name: key, value })),
      },
    ],
  })
  return created ? 'created' : 'exists'
}

/** Adds partitions until the topic has this many; one that has as many or more stays as it is. */
export async function growTopic(admin: Admin, name: string, partitions: number): Promise<void> {
  try {
    await admin.createPartitions({ topicPartitions: [{ topic: name, count: partitions }] })
  } catch (error) {
    if (!isKafkaError(error, 'INVALID_PARTITIONS')) throw error
  }
}

/** Changes the named settings of a topic. Kafka's request replaces all of them, so the present ones are sent along. */
export async function configureTopic(
  admin: Admin,
  name: string,
  config: Readonly<Record<string, string>>,
): Promise<void> {
  const entries = await configEntriesOf(admin, name)
  const own = entries.filter((entry) => entry.configSource === ConfigSource.TOPIC_CONFIG)
  const merged = { ...valuesOf(own), ...config }
  const configEntries = Object.entries(merged).map(([key, value]) => ({ name: key, value }))
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries }],
  })
}

/** Partitions, replicas and the effective configuration. */
export async function describeTopic(admin: Admin, name: string): Promise<TopicDescription> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [name] })
  const partitions = (topics[0]?.partitions ?? []).map(({ partitionId, leader, replicas, isr }) => ({
    ...{ partition: partitionId, leader, replicas, inSync: isr },
  }))
  return {
    partitions: partitions.sort((a, b) => a.partition - b.partition),
    config: valuesOf(await configEntriesOf(admin, name)),
  }
}

/** Why acknowledged records of such a topic could be lost, one sentence each; empty = safe. */
export function unsafeReasons(topic: TopicDescription): string[] {
  const fewest = Math.min(...topic.partitions.map((partition) => partition.replicas.length))
  const inSync = Number(topic.config['min.insync.replicas'])
  const reasons: string[] = []
  if (fewest < replicas) reasons.push(`its replication factor is ${fewest}, not ${replicas}`)
  if (!(inSync >= minInSync)) reasons.push(`min.insync.replicas is ${inSync}, not ${minInSync}`)
  if (topic.config['unclean.leader.election.enable'] === 'true') reasons.push('unclean.leader.election.enable is true')
  return reasons
}

async function configEntriesOf(admin: Admin, name: string): Promise<ConfigEntries[]> {
  const resources = [{ type: ConfigResourceTypes.TOPIC, name }]
  const answer = await admin.describeConfigs({ resources, includeSynonyms: false })
  return answer.resources[0]?.configEntries ?? []
}

function valuesOf(entries: readonly ConfigEntries[]): Record<string, string> {
  return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]))
}
