import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin, FetchOffsetsPartition, SeekEntry } from 'kafkajs'
import kafkajs from 'kafkajs'
import type { StoredRecord } from '#shared/event/record.ts'
import { type AdminClient, createAdminClient } from './admin-client.ts'
import type { KafkaConnection } from './connection.ts'
import { deleteRecords } from './delete-records.ts'
import { isKafkaError } from './errors.ts'
import { type LookBack, lookBack } from './look-back.ts'
import { type RangeRead, type RecordRange, readRecords } from './read-records.ts'
import {
  configureTopic,
  createTopic,
  describeTopic,
  growTopic,
  type TopicDescription,
  type TopicSpec,
  unsafeReasons,
} from './topics.ts'

export type { TopicDescription, TopicSpec } from './topics.ts'

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
  /** Adds partitions until the topic has this many; one that has as many or more stays as it is. */
  growTopic(name: string, partitions: number): Promise<void>
  deleteTopic(name: string): Promise<void>
  /** Removes the records of a partition below `beforeOffset`; rejects when that is past the end of the log. */
  deleteRecords(topic: string, partition: number, beforeOffset: number): Promise<void>
  /** Rejects when the group has members. */
  deleteGroup(groupId: string): Promise<void>
  describeTopic(name: string): Promise<TopicDescription | undefined>
  /** The names of all topics of the cluster. */
  topics(): Promise<string[]>
  /** Why acknowledged records of this topic could be lost; empty = safe. */
  unsafeTopicReasons(name: string): Promise<readonly string[]>
  offsets(topic: string): Promise<PartitionOffsets[]>
  /** The first offset at or after a time (ms); past the end it is `high`. */
  offsetsAt(topic: string, timestampMs: number): Promise<{ partition: number; offset: number }[]>
  /**
   * Shows the newest records of a partition until `visit` returns true, at most 16 MiB; resolves with whether it did. A
   * further try shows them again.
   */
  lookBack(where: LookBack, visit: (record: StoredRecord) => boolean): Promise<boolean>
  /** Reads a part of a partition; rejects when it begins before the log does. */
  read(range: RecordRange): Promise<RangeRead>
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
    await sleep(reconnectEveryMs, undefined, signal === undefined ? {} : { signal })
  }
}

function adminOf({ call, callAbout, close }: AdminClient): KafkaAdmin {
  const describe = (name: string) => callAbout('describe topic', name, (admin) => describeTopic(admin, name))
  return {
    createTopic: (spec) => call(`create topic ${spec.name}`, (admin) => createTopic(admin, spec)),
    configureTopic: (name, config) => call(`configure topic ${name}`, (admin) => configureTopic(admin, name, config)),
    growTopic: (name, partitions) =>
      call(`grow topic ${name} to ${partitions} partitions`, (admin) => growTopic(admin, name, partitions)),
    deleteTopic: (name) => callAbout('delete topic', name, (admin) => admin.deleteTopics({ topics: [name] })),
    deleteRecords: (topic, partition, beforeOffset) =>
      call(`delete records of ${topic}/${partition} below ${beforeOffset}`, (admin) =>
        deleteRecords(admin, { topic, partition, beforeOffset }),
      ),
    deleteGroup: (groupId) => call(`delete group ${groupId}`, (admin) => deleteGroup(admin, groupId)),
    describeTopic: describe,
    topics: () => call('list the topics', (admin) => admin.listTopics()),
    unsafeTopicReasons: async (name) => {
      const topic = await describe(name)
      return topic === undefined ? ['it does not exist'] : unsafeReasons(topic)
    },
    offsets: (topic) => call(`ask for the ends of ${topic}`, (admin) => offsets(admin, topic)),
    offsetsAt: (topic, timestampMs) =>
      call(`ask for a time in ${topic}`, async (admin) =>
        (await admin.fetchTopicOffsetsByTimestamp(topic, timestampMs)).map(numbered).sort(byPartition),
      ),
    lookBack: (where, visit) =>
      call(`look back in ${where.topic}/${where.partition}`, (admin) => lookBack(admin, where, visit)),
    read: (range) => call(`read ${range.topic}/${range.partition}`, (admin) => readRecords(admin, range)),
    committed: (groupId, topic) =>
      call(`ask for the offsets of ${groupId}`, async (admin) =>
        (await committedOffsets(admin, groupId, [topic])).map(({ topic: _topic, ...rest }) => rest),
      ),
    cluster: () => call('describe the cluster', describeCluster),
    groupMembers: (groupId) => call(`describe group ${groupId}`, (admin) => groupMembers(admin, groupId)),
    close,
  }
}

/** What a group has committed, every partition of the topics, with metadata. */
export async function committedOffsets(
  admin: Admin,
  groupId: string,
  topics: string[],
): Promise<(CommittedOffset & { topic: string })[]> {
  const answers = await admin.fetchOffsets({ groupId, topics })
  return answers.flatMap(({ topic, partitions }) =>
    partitions.map((entry) => ({ topic, ...committedOffset(entry) })).sort(byPartition),
  )
}

function committedOffset({ partition, offset, metadata }: FetchOffsetsPartition): CommittedOffset {
  const number = Number(offset)
  return { partition, offset: number < 0 ? null : number, metadata: metadata ?? '' }
}

async function deleteGroup(admin: Admin, groupId: string): Promise<void> {
  try {
    await admin.deleteGroups([groupId])
  } catch (error) {
    if (!isKafkaError(error, 'GROUP_ID_NOT_FOUND')) throw error
  }
}

async function offsets(admin: Admin, topic: string): Promise<PartitionOffsets[]> {
  const ends = await admin.fetchTopicOffsets(topic)
  return ends.map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) })).sort(byPartition)
}

async function describeCluster(admin: Admin): Promise<ClusterDescription> {
  const { brokers, controller } = await admin.describeCluster()
  return {
    brokers: brokers.map(({ nodeId, host, port }) => ({ id: nodeId, address: `${host}:${port}` })),
    controllerId: controller,
  }
}

async function groupMembers(admin: Admin, groupId: string): Promise<GroupMember[]> {
  const { groups } = await admin.describeGroups([groupId])
  return (groups[0]?.members ?? []).map(({ memberId, clientId, memberAssignment }) => ({
    memberId,
    clientId,
    assignment: AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {},
  }))
}

const numbered = ({ partition, offset }: SeekEntry) => ({ partition, offset: Number(offset) })

const byPartition = (a: { partition: number }, b: { partition: number }) => a.partition - b.partition
