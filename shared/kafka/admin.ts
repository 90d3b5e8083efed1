import { TailraceError } from '#shared/errors.ts'
import type { KafkaConnection } from './connection.ts'

/** One partition as the cluster sees it; ids of brokers. */
export type PartitionDescription = { partition: number; leader: number; replicas: number[]; inSync: number[] }

export type TopicDescription = { partitions: PartitionDescription[]; config: Record<string, string> }

export type TopicSpec = { name: string; partitions: number; config?: Readonly<Record<string, string>> }

/** `low` is the log start, `high` the offset the next record gets. */
export type PartitionOffsets = { partition: number; low: number; high: number }

/** `offset` is null when nothing was committed. */
export type CommittedOffset = { partition: number; offset: number | null; metadata: string }

export type GroupMember = { memberId: string; clientId: string; assignment: Record<string, number[]> }

export type ClusterDescription = { brokers: { id: number; address: string }[]; controllerId: number | null }

/** Questions to the cluster and changes of topics and groups. Every call rejects with a TailraceError. */
export type KafkaAdmin = {
  /** Replication factor 3, min.insync.replicas 2, LogAppendTime, unless `config` says otherwise. */
  createTopic(spec: TopicSpec): Promise<'created' | 'exists'>
  deleteTopic(name: string): Promise<void>
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

/** Connects, trying again every 200 ms with a fresh client until the cluster answers or `signal` aborts. */
export async function openAdmin(_connection: KafkaConnection, _signal?: AbortSignal): Promise<KafkaAdmin> {
  throw new TailraceError('internal', 'not there yet')
}
