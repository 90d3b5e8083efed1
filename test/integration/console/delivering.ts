import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openLanes } from '#shared/kafka/lanes.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { openRedis } from '#shared/redis/connection.ts'
import { readInstances } from '#shared/redis/instances.ts'
import { readConsumerConfig } from '../../../services/consumer/config.ts'
import { startConsumer } from '../../../services/consumer/service.ts'
import { testBrokers, testRedisUrl } from '../../support/dependencies.ts'
import { type Installation, quietLog } from './running-console.ts'

/** What the API answers. */
export type Delivery = {
  id: string
  state: string
  because: string | null
  behind: string | null
  position: string
  subscription: string
  subscriptionUid: string
  nextAttemptAt: string | null
  attempts: number
  firstAttemptAt: string | null
  settledAt: string | null
  attemptList: {
    [member: string]: unknown
    number: number
    responseHead: Record<string, string>
    timingsMs: { total: number }
    hint: string | null
  }[]
}

/** Beside the console, on the same installation. */
export async function runConsumer(installation: Installation): Promise<void> {
  const masterKey = readFileSync(join(installation.folder, 'master.key'), 'utf8').trim()
  const { TAILRACE_SECRETS_DIR: _, ...env } = installation.env
  const own = { TAILRACE_MASTER_KEY: masterKey, TAILRACE_INSTANCE_ID: 'consumer-1', TAILRACE_ADMIN_PORT: '0' }
  const service = await startConsumer(readConsumerConfig({ ...env, ...own }), quietLog)
  installation.defer(() => service.stop())
}

/** Writes events into partition 0 of a topic. */
export function publisherOf(t: TestContext, topic: string) {
  const connection = { brokers: testBrokers(), clientId: 'test-publish', log: quietLog }
  const lanes = openLanes({ connection, metrics: createMetrics(), kind: 'shared' })
  t.after(() => lanes.close())
  return (key: string, id: string, type = 'order.created') => {
    const headers = { ce_specversion: '1.0', ce_id: id, ce_source: '/shop', ce_type: type }
    return lanes.append(topic, 0, { key: Buffer.from(key), value: Buffer.from('{}'), headers })
  }
}

/** Reads the phase of a subscription as its consumer reports it, which hears of a change later than who asked for it. */
export function phaseOnConsumer(installation: Installation, name: string): () => Promise<string | undefined> {
  const redis = openRedis({ url: testRedisUrl(), log: quietLog })
  installation.defer(async () => redis.close())
  return async () => {
    const instances = (await readInstances(redis, installation.prefix, Date.now())) ?? []
    return instances.flatMap(({ subscriptions = [] }) => subscriptions).find((one) => one.name === name)?.phase
  }
}
