import { pino } from 'pino'
import { Client } from 'undici'
import { formatCredential, hashSecret, newCredential } from '#shared/catalog/api-keys.ts'
import { type Catalog, openCatalog } from '#shared/catalog/catalog.ts'
import { createStream } from '#shared/catalog/create-stream.ts'
import { topicNames } from '#shared/catalog/names.ts'
import { recordKey } from '#shared/catalog/record-keys.ts'
import { ownTopics, provideTopic } from '#shared/catalog/topics.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { openAdmin } from '#shared/kafka/admin.ts'
import { followTopic } from '#shared/kafka/follower.ts'
import { openLanes } from '#shared/kafka/lanes.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { type ProducerConfig, readProducerConfig } from '../../../services/producer/config.ts'
import { startProducer } from '../../../services/producer/service.ts'
import { testBrokers, uniqueName } from '../../support/dependencies.ts'

/** One installation of its own on the test cluster: topics, a catalog to write to, keys; no process yet. */
export type Installation = {
  config: ProducerConfig
  env: Record<string, string>
  catalog: Catalog
  /** A fresh key; returns the credential. */
  createKey(scopes: string[], name?: string): Promise<string>
  createStream(name: string, members?: { partitions?: number; topic?: string; defaultType?: string }): Promise<string>
  createTopic(name: string, config: Record<string, string>): Promise<void>
  /** Everything in a topic, live. */
  follow(topic: string): Promise<readonly StoredRecord[]>
  /** Runs at the end of the test, before what was opened earlier is closed: node:test itself goes first to last. */
  defer(close: () => Promise<void>): void
}

const silent = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' })
const dayMs = 86_400_000

/** `scope` says when it ends: a test context, for example. */
export async function createInstallation(scope: { after(close: () => Promise<void>): void }): Promise<Installation> {
  const prefix = `${uniqueName('producer-test')}.`
  const env = { KAFKA_BROKERS: testBrokers().join(','), TAILRACE_PREFIX: prefix, TAILRACE_ADMIN_PORT: '0' }
  const connection = { brokers: testBrokers(), clientId: prefix, log: silent }
  const topics = topicNames(prefix)
  const admin = await openAdmin(connection)
  const created: string[] = []
  const closers: (() => Promise<void>)[] = [() => admin.close()]
  scope.after(async () => {
    for (const close of closers.reverse()) await close()
  })
  closers.push(async () => {
    for (const topic of created) await admin.deleteTopic(topic)
  })
  for (const spec of ownTopics(topics)) {
    await provideTopic(admin, spec)
    created.push(spec.name)
  }
  const lanes = openLanes({ connection, metrics: createMetrics(), kind: 'shared' })
  closers.push(() => lanes.close())
  const catalog = await openCatalog({
    connection,
    topic: topics.catalog,
    lanes,
    instance: prefix,
    box: null,
    log: silent,
  })
  closers.push(() => catalog.close())
  return {
    config: { ...readProducerConfig({ ...env, TAILRACE_INSTANCE_ID: 'producer-t' }), TAILRACE_PORT: 0 },
    env,
    catalog,
    defer: (close) => void closers.push(close),
    async createKey(scopes, name = 'shop-backend') {
      const credential = newCredential()
      const createdAt = new Date().toISOString()
      const secrets = [{ hash: hashSecret(credential), createdAt, validUntil: null }]
      const key = { id: credential.id, name, scopes, rateLimit: null, expiresAt: null, createdAt, secrets }
      await catalog.write(recordKey.apiKey(credential.id), key)
      return formatCredential(credential)
    },
    async createStream(name, { partitions = 3, topic, defaultType } = {}) {
      const rest = { retentionMs: dayMs, retentionBytes: null, schema: null, description: '' }
      const bound = topic ?? null
      const definition = { name, partitions, topic: bound, defaultType: defaultType ?? null, ...rest }
      const stream = await createStream({ catalog, admin, topics }, definition)
      if (!stream.bound) created.push(stream.topic)
      return stream.topic
    },
    async createTopic(name, config) {
      await provideTopic(admin, { name, partitions: 1, config })
      created.push(name)
    },
    async follow(topic) {
      const records: StoredRecord[] = []
      const append = () => Promise.reject(new Error('this follower never asks whether it is caught up'))
      const onRecord = (record: StoredRecord) => void records.push(record)
      const follower = await followTopic({ connection, topic, onRecord, hello: { key: Buffer.from('-'), append } })
      closers.push(() => follower.close())
      return records
    },
  }
}

type Request = { key: string; body: Buffer; headers: Record<string, string> }
type Answer = { status: number; headers: Record<string, unknown>; json: Record<string, unknown> }
/** POST to `/v1/streams/<path>`. */
type Publish = (path: string, request: Request) => Promise<Answer>

/** A producer of that installation in this process, on a free port, and a client for it. */
export async function runProducer({ config, defer }: Installation): Promise<Publish> {
  const service = await startProducer(config, silent)
  defer(() => service.stop())
  const client = new Client(service.url)
  defer(() => client.close())
  return async (path, { key, body, headers }) => {
    const credential = { authorization: `Bearer ${key}` }
    const request = {
      method: 'POST' as const,
      path: `/v1/streams/${path}`,
      body,
      headers: { ...credential, ...headers },
    }
    const answer = await client.request(request)
    const json = (await answer.body.json()) as Record<string, unknown>
    return { status: answer.statusCode, headers: answer.headers, json }
  }
}
