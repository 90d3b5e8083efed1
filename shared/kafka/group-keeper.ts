import type { StoredRecord } from '#shared/event/record.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import type { KafkaConnection } from './connection.ts'
import { Keeper } from './keeper.ts'

/** One ownership: its number in this process, the partition numbers owned (of every topic of the group), the member id. */
export type Assignment = { epoch: number; partitions: readonly number[]; memberId: string }

/** Records of one partition as one fetch brought them. `epoch` is the ownership under which they were fetched. */
export type RecordBatch = {
  epoch: number
  topic: string
  partition: number
  /** Where the fetch began: offsets that it passed over do not exist. */
  fetchedFrom: number
  records: StoredRecord[]
  highWatermark: number
}

export type GroupKeeperOptions = {
  connection: KafkaConnection
  groupId: string
  /** All with the same number of partitions; partition p of all of them goes to one member. */
  topics: readonly string[]
  sessionTimeoutMs: number
  /** Whether a group without work may ask more rarely; see `LongPoll`. */
  mayRest?: boolean
  metrics?: Metrics
  /** At GROUP_JOIN, synchronously. Everything assigned is paused at that moment and stays so until `resume`. */
  onAssigned(assignment: Assignment): void
  /**
   * A rejoin begins. The ownership and its commits go on until this resolves, or for 2 s; nothing new should begin. Not
   * called when the membership is lost without warning.
   */
  onHandBack?(): Promise<void>
  /**
   * The ownership ends: a commit started synchronously in here still counts, unless the member was evicted before;
   * afterwards the old epoch is dead.
   */
  onRevoking(): void
  /** A heartbeat succeeded: the coordinator still counts this member. */
  onHeartbeat?(): void
  /** Synchronous hand-off; the values are copies and may be kept. Must not throw. */
  onBatch(batch: RecordBatch): void
  /** The group could not be joined again after many rebuilds: the process should end. */
  onBroken(error: unknown): void
}

export type CommitEntry = { topic: string; partition: number; offset: number; metadata: string }

export type CommittedEntry = { topic: string; partition: number; offset: number | null; metadata: string }

export type GroupKeeper = {
  /**
   * `stale`: the epoch is over, or the coordinator no longer takes this member at its word. Rejects with a TailraceError
   * when Kafka is lost, also when it is not known whether the commit was made: whatever is committed must be true for
   * ever, not only for its epoch.
   */
  commit(epoch: number, entries: readonly CommitEntry[]): Promise<'committed' | 'stale'>
  /** What the group has committed, all partitions of all topics, on a connection of its own. */
  fetchCommitted(): Promise<CommittedEntry[]>
  pause(topic: string, partitions: readonly number[]): void
  resume(topic: string, partitions: readonly number[]): void
  /** Sets where a partition is read. Nothing of it is handed over before the first seek of an epoch. */
  seek(topic: string, partition: number, offset: number): void
  /** Ms since the heartbeat (or join) went out that the coordinator accepted last; Infinity before the first join. */
  lastHeartbeatAgeMs(): number
  /** Milliseconds since a broker last answered a fetch; grows while everything is paused; Infinity before the first. */
  lastFetchAgeMs(): number
  memberId(): string | null
  /** Leaves the group. Commit before. */
  stop(): Promise<void>
}

/** Keeps one membership of a consumer group alive, whatever breaks below it. */
export function keepGroup(options: GroupKeeperOptions): GroupKeeper {
  return new Keeper(options)
}
