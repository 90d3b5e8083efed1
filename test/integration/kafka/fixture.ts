import type { TestContext } from 'node:test'
import { messageOf } from '#shared/errors.ts'
import { type KafkaAdmin, openAdmin } from '#shared/kafka/admin.ts'
import type { KafkaConnection } from '#shared/kafka/connection.ts'
import {
  type Assignment,
  type GroupKeeper,
  type GroupKeeperOptions,
  keepGroup,
  type RecordBatch,
} from '#shared/kafka/group-keeper.ts'
import type { LaneKind } from '#shared/kafka/lane-senders.ts'
import { openLanes, type ProduceLanes } from '#shared/kafka/lanes.ts'
import { openResources, type Resources } from '#shared/lifecycle.ts'
import { createLogger } from '#shared/observability/log.ts'
import { createMetrics, type Metrics } from '#shared/observability/metrics.ts'
import { testBrokers, uniqueName } from '../../support/dependencies.ts'
import { until } from '../../support/until.ts'
import { untilServed } from './served.ts'

export const sessionTimeoutMs = 6_000
/** Longer than a test waits for anything: what moves has not waited for a session to end. */
export const longSessionMs = 120_000

const log = createLogger('test', { level: 'silent', instance: 'test' })

export const connectionOf = (role: string): KafkaConnection => ({
  brokers: testBrokers(),
  clientId: uniqueName(role),
  log,
})

const stacks = new WeakMap<TestContext, Resources>()

/** What a test opened, closed in reverse when it ends: members before lanes before topics before the admin. */
function resourcesOf(t: TestContext): Resources {
  const known = stacks.get(t)
  if (known !== undefined) return known
  const resources = openResources((name, error) => t.diagnostic(`${name} did not close: ${messageOf(error)}`))
  stacks.set(t, resources)
  t.after(() => resources.close())
  return resources
}

/** An admin that closes with the test. */
export async function adminFor(t: TestContext): Promise<KafkaAdmin> {
  const admin = await openAdmin(connectionOf('admin'))
  resourcesOf(t).defer('admin', () => admin.close())
  return admin
}

type TestTopic = { partitions: number; config?: Record<string, string> }

/** A topic of its own that goes with the test; every broker knows it. */
export async function topicFor(t: TestContext, admin: KafkaAdmin, topic: TestTopic): Promise<string> {
  const name = uniqueName('kafka-test')
  await admin.createTopic({ name, ...topic })
  resourcesOf(t).defer('topic', () => admin.deleteTopic(name))
  await untilServed(name, topic.partitions)
  return name
}

export function lanesFor(t: TestContext, kind: LaneKind, metrics: Metrics = createMetrics()): ProduceLanes {
  const lanes = openLanes({ connection: connectionOf('producer'), metrics, kind })
  resourcesOf(t).defer('lanes', () => lanes.close())
  return lanes
}

export const textRecord = (value: string, key: string | null = null) => ({
  key: key === null ? null : Buffer.from(key),
  value: Buffer.from(value),
  headers: { 'content-type': 'text/plain', ce_id: `id of ${value}` },
})

/** A group member with everything it was told, in order. */
export type ObservedMember = {
  keeper: GroupKeeper
  assignments: Assignment[]
  batches: RecordBatch[]
  revoked: () => number
  clientId: string
  /** Partitions owned now, null while none are assigned. */
  owned: () => readonly number[] | null
}

type MemberOptions = Pick<GroupKeeperOptions, 'groupId' | 'topics' | 'onHandBack'> & {
  sessionTimeoutMs?: number
  onRevoking?: (member: ObservedMember) => void
}

/** Joins a group; the member stops with the test. */
export function memberFor(t: TestContext, { onRevoking, ...options }: MemberOptions): ObservedMember {
  const connection = connectionOf('member')
  let revoked = 0
  let holds = false
  const assignments: Assignment[] = []
  const batches: RecordBatch[] = []
  const keeper = keepGroup({
    ...{ connection, sessionTimeoutMs, ...options },
    metrics: createMetrics(),
    onAssigned: (assignment) => {
      holds = true
      assignments.push(assignment)
    },
    onRevoking: () => {
      onRevoking?.(member)
      holds = false
      revoked += 1
    },
    onBatch: (batch) => batches.push(batch),
    onBroken: (error) => {
      throw error
    },
  })
  const owned = () => (holds ? (assignments.at(-1)?.partitions ?? null) : null)
  const member = { keeper, assignments, batches, revoked: () => revoked, clientId: connection.clientId, owned }
  resourcesOf(t).defer('member', () => keeper.stop())
  return member
}

/** Waits until a heartbeat was answered that is younger than this call. */
export async function untilHeartbeat({ keeper }: ObservedMember): Promise<void> {
  const askedAtMs = performance.now()
  await until('a heartbeat went by', () => performance.now() - keeper.lastHeartbeatAgeMs() > askedAtMs)
}

/** The values handed over for one partition, in order, of one epoch or all. */
export const valuesOf = (member: ObservedMember, topic: string, partition: number, epoch?: number): string[] =>
  member.batches
    .filter((batch) => batch.topic === topic && batch.partition === partition)
    .filter((batch) => epoch === undefined || batch.epoch === epoch)
    .flatMap((batch) => batch.records.map((record) => String(record.value)))
