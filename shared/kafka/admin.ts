import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import kafkajs from 'kafkajs'
import { createAdminClient } from './admin-client.ts'
import type { KafkaConnection } from './connection.ts'
import { isKafkaError } from './errors.ts'
import { createTopic, deleteTopic, describeTopic, type TopicDescription, type TopicSpec, unsafeReasons } from './topics.ts'

const { AssignerProtocol } = kafkajs

/** `low` is the log start, `high` the offset the next record gets. */
export type PartitionOffsets = { partition: number; low: number; high: number }

/** `offset` is null when nothing was committed. */
export type CommittedOffset = { partition: number; offset: number | null; metadata: string }

export type GroupMember = { memberId: string; clientId: string; assignment: Record<string, number[]> }

export type ClusterDescription = { brokers: { id: number; address: string }[]; controllerId: number | null }

/** Questions to the cluster and changes of topics and groups. Each call rejects with `kafka-unavailable` after a few tries. */
export type KafkaAdmin = {
  /** Replication factor 3, min.insync.replicas 2, LogAppendTime, unless `config` says otherwise. */
  createTopic(spec: TopicSpec): Promise<'created' | 'exists'>
  /** Changes the named settings of a topic; the others stay. */
  configureTopic(name: string, config: Readonly<Record<string, string>>): Promise<void>
  deleteTopic(name: string): Promise<void>
  /** Rejects when the group has members. */
  deleteGroup(groupId: string): Promise<void>
  describeTopic(name: string): Promise<TopicDescription | undefined>
  /** Why acknowledged records of this topic could be lost; empty = safe. */
  unsafeTopicReasons(name: string): Promise<readonly string[]>
  offsets(topic: string): Promise<PartitionOffsets[]>
  /** The first offset at or after a time (ms); past the end it is `high`. */
  offsetsAt(topic: string, timestampMs: number): Promise<{ partition: number; offset: number }[]>
  committed(groupId: string, topic: string): Promise<CommittedOffset[]>
  cluster(): Promise<ClusterDescription>
  groupMembers(groupId: string): Promise<GroupMember[]>
  close(): Promise<void>
}

const reconnectEveryMs = 200

/** Connects, trying again every 200 ms with a fresh client until the cluster answers. Rejects when `signal` aborts. */
export async function openAdmin(connection: KafkaConnection, signal?: AbortSignal): Promise<KafkaAdmin> {
  const client = createAdminClient(connection)
  for (;;) {
    try {
      await client.call('connect to Kafka', async () => undefined)
      return adminOf(client)
    } catch (error) {
      connection.log.debug({ err: error }, 'Kafka does not answer yet')
    }
    try {
      await sleep(reconnectEveryMs, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      await client.close()
      throw error
    }
  }
}
