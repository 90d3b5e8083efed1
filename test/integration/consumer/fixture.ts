import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { Value } from 'typebox/value'
import { type Catalog, openCatalog } from '#shared/catalog/catalog.ts'
import { createStream } from '#shared/catalog/create-stream.ts'
import { createSubscription } from '#shared/catalog/create-subscription.ts'
import type { Balance, Subscription, Target } from '#shared/catalog/model.ts'
import { topicNames } from '#shared/catalog/names.ts'
import { provideOpsStream } from '#shared/catalog/ops/provide.ts'
import { recordKey } from '#shared/catalog/record-keys.ts'
import { createSecretBox } from '#shared/catalog/secrets.ts'
import { subscriptionDefinition } from '#shared/catalog/subscription-schema.ts'
import { ownTopics, provideTopic } from '#shared/catalog/topics.ts'
import type { LogBatch } from '#shared/delivery/log/entries.ts'
import { readBatch } from '#shared/delivery/log/read-batch.ts'
import type { RecordHeaders, StoredRecord } from '#shared/event/record.ts'
import { type KafkaAdmin, openAdmin } from '#shared/kafka/admin.ts'
import { followTopic } from '#shared/kafka/follower.ts'
import { openLanes, type ProduceLanes } from '#shared/kafka/lanes.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { readConsumerConfig } from '../../../services/consumer/config.ts'
import { type ConsumerService, startConsumer } from '../../../services/consumer/service.ts'
import { testBrokers, uniqueName } from '../../support/dependencies.ts'
import type { Received, Receiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'

const silent = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' })
const masterKey = Buffer.alloc(32, 7)
const dayMs = 86_400_000
const noFilter = { types: null, cel: null }
export const streamName = 'orders'

export type OpsSeen = { type: string; subject: string; data: Record<string, unknown> }

export type Members = {
  /** The stream, if not `orders`. */
  on?: string
  delivery?: Partial<Subscription['delivery']>
  retry?: Partial<Subscription['retry']>
  ordering?: Subscription['ordering']
  from?: 'earliest' | 'latest'
  filter?: Subscription['filter']
  balance?: Balance
  /** Beside the receiver's; `url` is required. */
  targets?: (Partial<Target> & Pick<Target, 'url'>)[]
  /** Further members of the destination. */
  destination?: Partial<Omit<Subscription['destination'], 'targets' | 'balance'>>
}

/** An installation of its own with one stream; consumers are started by the test. */
export type Installation = {
  env: Record<string, string>
  prefix: string
  catalog: Catalog
  admin: KafkaAdmin
  lanes: ProduceLanes
  /** The topic of the stream. */
  topic: string
  /** Appends keyed events, one after the other per partition; resolves when all are stored. */
  publish(events: readonly Event[]): Promise<void>
  subscribe(receiver: Pick<Receiver, 'url'>, members?: Members): Promise<Subscription>
  change(subscription: Subscription, members: Partial<Subscription>): Promise<Subscription>
  /** What an operator's seek writes: partition number → offset. */
  move(subscription: Subscription, offsets: Record<string, number>): Promise<void>
  deadLetters(): Promise<readonly StoredRecord[]>
  /** What the stream of operational events holds and gets; made now. */
  ops(): Promise<readonly OpsSeen[]>
  /** What the attempts log holds and gets. */
  attempts(): Promise<readonly LogBatch[]>
  /** Offsets the group has finished, all partitions together. */
  lag(subscription: Subscription): Promise<number>
  defer(close: () => unknown): void
}

type Cleanup = { after(close: () => unknown): void }

export async function createInstallation(
  t: Cleanup,
  {
    partitions = 3,
    env = {},
    retentionMs = dayMs,
  }: { partitions?: number; env?: Record<string, string>; retentionMs?: number } = {},
): Promise<Installation> {
  const prefix = `${uniqueName('consumer-test')}.`
  const connection = { brokers: testBrokers(), clientId: prefix, log: silent }
  const topics = topicNames(prefix)
  const admin = await openAdmin(connection)
  const closers: (() => unknown)[] = [() => admin.close()]
  t.after(async () => {
    for (const close of closers.reverse()) await close()
  })
  for (const spec of ownTopics(topics)) {
    await provideTopic(admin, spec)
    closers.push(() => admin.deleteTopic(spec.name))
  }
  const lanes = openLanes({ connection, metrics: createMetrics(), kind: 'shared' })
  closers.push(() => lanes.close())
  const box = createSecretBox(masterKey)
  const catalog = await openCatalog({ connection, topic: topics.catalog, lanes, instance: prefix, box, log: silent })
  closers.push(() => catalog.close())
  const rest = { retentionMs, retentionBytes: null, schema: null, description: '', defaultType: 'order.created' }
  const stream = await createStream({ catalog, admin, topics }, { name: streamName, partitions, topic: null, ...rest })
  closers.push(() => admin.deleteTopic(stream.topic))
  const follow = async (name: string, onRecord: (record: StoredRecord) => void) => {
    const hello = { key: Buffer.from('-'), append: () => Promise.reject(new Error('never asked')) }
    const follower = await followTopic({ connection, topic: name, onRecord, hello })
    closers.push(() => follower.close())
  }
  return {
    ...{ prefix, catalog, admin, lanes, topic: stream.topic, env: { ...consumerEnv(prefix), ...env } },
    publish: (events) => publish(lanes, { topic: stream.topic, partitions }, events),
    async subscribe(receiver, members = {}) {
      const { delivery = {}, retry = {}, ordering = 'key', from = 'earliest', filter = noFilter } = members
      const { balance, targets = [], destination: more = {}, on = streamName } = members
      const source = catalog.stream(on) ?? stream
      const destination = {
        targets: [{ url: receiver.url }, ...targets],
        ...(balance === undefined ? {} : { balance }),
        ...more,
      }
      const body = { stream: on, destination, delivery, retry, ordering, filter }
      const definition = Value.Default(subscriptionDefinition, body) as Parameters<
        typeof createSubscription
      >[1]['definition']
      const name = uniqueName('billing')
      const made = { name, stream: source, definition, from, signingSecret: null }
      return (await createSubscription({ catalog, admin, topics, box }, made)).subscription
    },
    async change(subscription, members) {
      await catalog.write(recordKey.subscription(subscription.uid), { ...subscription, ...members })
      return catalog.subscriptionByUid(subscription.uid) ?? subscription
    },
    async move({ uid }, offsets) {
      const position = { id: uniqueName('position'), at: new Date().toISOString(), offsets }
      await catalog.write(recordKey.position(uid), position)
    },
    async deadLetters() {
      const records: StoredRecord[] = []
      await follow(topics.deadLetters, (record) => void records.push(record))
      return records
    },
    async ops() {
      await provideOpsStream({ catalog, admin, topics })
      closers.push(() => admin.deleteTopic(topics.events('ops')))
      const seen: OpsSeen[] = []
      await follow(topics.events('ops'), ({ headers, value }) => {
        seen.push({ type: headers.ce_type ?? '', subject: headers.ce_subject ?? '', data: JSON.parse(String(value)) })
      })
      return seen
    },
    async attempts() {
      const batches: LogBatch[] = []
      await follow(topics.attempts, (record) => {
        const batch = readBatch(record)
        if (batch === null) throw new Error(`the attempts log holds what cannot be read at ${record.offset}`)
        batches.push(batch)
      })
      return batches
    },
    lag: (subscription) => lagOf(admin, subscription.group, catalog.stream(subscription.stream)?.topic ?? stream.topic),
    defer: (close) => void closers.push(close),
  }
}

/** A consumer of that installation in this process. */
export async function runConsumer(installation: Installation, instance: string): Promise<ConsumerService> {
  const config = readConsumerConfig({ ...installation.env, TAILRACE_INSTANCE_ID: instance })
  const service = await startConsumer(config, silent)
  installation.defer(() => service.stop())
  return service
}

/** Waits until this consumer holds the subscription: what comes to its receivers from then on are probes. */
export async function untilHeld({ adminUrl }: ConsumerService, { name }: Subscription): Promise<void> {
  const isSo = `tailrace_subscription_held{subscription="${name}"} 1`
  await until('it is held', async () => (await (await fetch(`${adminUrl}/metrics`)).text()).includes(isSo))
}

/** A consumer in a process of its own, which can die. */
export async function forkConsumer(installation: Installation, instance: string): Promise<ChildProcess> {
  const env = { ...installation.env, TAILRACE_INSTANCE_ID: instance, TAILRACE_LOG_LEVEL: 'silent' }
  const main = fileURLToPath(new URL('../../../services/consumer/main.ts', import.meta.url))
  const child = fork(main, { env })
  installation.defer(() => child.kill('SIGKILL'))
  await once(child, 'message')
  return child
}

/** Ids of the events in the order in which the receiver first saw them with a success, by key. */
export function idsByKey(requests: readonly Received[]): Map<string, string[]> {
  const byKey = new Map<string, string[]>()
  for (const { headers } of requests) {
    const key = String(headers['tailrace-key'])
    const ids = byKey.get(key) ?? []
    ids.push(String(headers['ce-id']))
    byKey.set(key, ids)
  }
  return byKey
}

const consumerEnv = (prefix: string) => ({
  KAFKA_BROKERS: testBrokers().join(','),
  TAILRACE_PREFIX: prefix,
  TAILRACE_ADMIN_PORT: '0',
  TAILRACE_MASTER_KEY: masterKey.toString('base64'),
  TAILRACE_EGRESS_ALLOW: '127.0.0.0/8',
})

type Place = { topic: string; partitions: number }
type Event = { key: string | null; id: string; value?: Buffer | null; headers?: RecordHeaders }

async function publish(lanes: ProduceLanes, { topic, partitions }: Place, events: readonly Event[]): Promise<void> {
  const appended = events.map(({ key, id, value = Buffer.from(`{"id":"${id}"}`), headers: more = {} }) => {
    const bytes = key === null ? null : Buffer.from(key)
    const partition = bytes === null ? 0 : lanes.partitionForKey(bytes, partitions)
    const headers = {
      ce_specversion: '1.0',
      ce_id: id,
      ce_source: '/shop',
      ce_type: 'order.created',
      'content-type': 'application/json',
      ...more,
    }
    return lanes.append(topic, partition, { key: bytes, value, headers })
  })
  await Promise.all(appended)
}

async function lagOf(admin: KafkaAdmin, group: string, topic: string): Promise<number> {
  const [committed, ends] = await Promise.all([admin.committed(group, topic), admin.offsets(topic)])
  return ends.reduce((sum, { partition, high }) => {
    const offset = committed.find((entry) => entry.partition === partition)?.offset ?? 0
    return sum + high - offset
  }, 0)
}
