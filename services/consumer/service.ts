import { openCatalog } from '#shared/catalog/catalog.ts'
import { topicNames } from '#shared/catalog/names.ts'
import { type OpsEvents, openOps } from '#shared/catalog/ops/ops-events.ts'
import { createSecretBox } from '#shared/catalog/secrets.ts'
import { createEgressGuard } from '#shared/delivery/egress.ts'
import { createTargetMetrics } from '#shared/delivery/target-client.ts'
import { openAdmin } from '#shared/kafka/admin.ts'
import { newClientId } from '#shared/kafka/client-id.ts'
import { openLanes } from '#shared/kafka/lanes.ts'
import { type Resources, type RunningService, withResources } from '#shared/lifecycle.ts'
import { startAdminServer } from '#shared/observability/admin-server.ts'
import type { Log } from '#shared/observability/log.ts'
import { createMetrics, type Metrics } from '#shared/observability/metrics.ts'
import { openRedis, type RedisConnection, redisOf } from '#shared/redis/connection.ts'
import { openHeartbeat } from '#shared/redis/heartbeat.ts'
import { openRateLimits } from '#shared/redis/rate-limits.ts'
import { openTargetHints } from '#shared/redis/target-hints.ts'
import { openTold } from '#shared/redis/told.ts'
import { noAckCache, openAckCache } from './ack-cache.ts'
import { createAttemptLog } from './attempts/attempt-log.ts'
import type { ConsumerConfig } from './config.ts'
import { followJobs, type JobSet } from './jobs/job-set.ts'
import { createJobTelemetry } from './jobs/telemetry.ts'
import { keepOut } from './kept-out.ts'
import { watchPeers } from './peers.ts'
import { startPulse } from './pulse.ts'
import { followSubscriptions, type RunnerSet } from './reconcile.ts'
import { SubscriptionRunner } from './runner.ts'
import { createStandingMetrics } from './standing-metrics.ts'
import { createStateRecords } from './state-record.ts'
import { createPeerTelemetry, createTelemetry } from './telemetry.ts'

/** Longer than a publisher has: nobody waits meanwhile, and on its own each instance would let the whole rate pass. */
const ratePatienceMs = 500

export type ConsumerService = RunningService & { readonly adminUrl: string }

type Parts = {
  config: ConsumerConfig
  log: Log
  metrics: Metrics
  resources: Resources
  clientId: string
  redis: RedisConnection
  onBroken(error: unknown): void
}

/** Opens everything in order and resolves when this instance runs its subscriptions; unwinds itself when it cannot. */
export async function startConsumer(config: ConsumerConfig, log: Log): Promise<ConsumerService> {
  const report = (name: string, error: unknown) => log.warn({ resource: name, err: error }, 'a resource did not close')
  return await withResources(report, (resources) => open(config, log, resources))
}

async function open(config: ConsumerConfig, log: Log, resources: Resources): Promise<ConsumerService> {
  const { promise: finished, reject: onBroken } = Promise.withResolvers<void>()
  // Whoever waits hears of a crash; before anybody waits it is no unhandled rejection.
  finished.catch(() => {})
  const metrics = createMetrics()
  let state: 'starting' | 'ready' | 'stopping' = 'starting'
  const admin = await startAdminServer({
    host: config.TAILRACE_ADMIN_HOST,
    port: config.TAILRACE_ADMIN_PORT,
    metrics,
    ready: () => (state === 'ready' ? [] : [state]),
  })
  resources.defer('admin server', () => admin.close())
  const redis = openRedis({ ...redisOf(config), log })
  resources.defer('redis', () => redis.close())
  const clientId = newClientId('consumer', config.TAILRACE_INSTANCE_ID)
  const { runners, jobs, ops } = await openRunners({ config, log, metrics, resources, onBroken, clientId, redis })
  openHeartbeat(resources, {
    ...{ redis, prefix: config.TAILRACE_PREFIX, id: config.TAILRACE_INSTANCE_ID, clientId },
    service: 'consumer',
    ready: () => state === 'ready',
    more: () => ({ subscriptions: runners.reports() }),
  })
  if (config.TAILRACE_EVICT_PEERS === 'on') {
    const [brokers, prefix] = [config.KAFKA_BROKERS.split(','), config.TAILRACE_PREFIX]
    const telemetry = createPeerTelemetry(log, metrics)
    const peers = watchPeers({ redis, brokers, prefix, clientId, telemetry, ops })
    resources.defer('peers', () => peers.close())
  }
  resources.defer('runners', async () => {
    state = 'stopping'
    await Promise.all([runners.stop(), jobs.stop()])
  })
  state = 'ready'
  log.info({ adminUrl: admin.url }, 'ready')
  return { adminUrl: admin.url, finished, stop: () => resources.close() }
}

/** Kafka, the catalog, a runner for every subscription, and the jobs if they are ours to run. */
async function openRunners(parts: Parts): Promise<{ runners: RunnerSet; jobs: JobSet; ops: OpsEvents }> {
  const { config, log, metrics, resources, onBroken, clientId, redis } = parts
  const topics = topicNames(config.TAILRACE_PREFIX)
  const connection = { brokers: config.KAFKA_BROKERS.split(','), clientId, log }
  const telemetry = createTelemetry(log, metrics)
  resources.defer('telemetry', () => telemetry.close())
  const admin = await openAdmin(connection)
  resources.defer('kafka admin', () => admin.close())
  const lanes = openLanes({ connection, metrics, kind: 'shared' })
  resources.defer('lanes', () => lanes.close())
  const destinationLanes = openLanes({ connection, metrics, kind: 'leader' })
  resources.defer('destination lanes', () => destinationLanes.close())
  const box = createSecretBox(Buffer.from(config.TAILRACE_MASTER_KEY, 'base64'))
  const catalog = await openCatalog({ connection, topic: topics.catalog, lanes, instance: clientId, box, log })
  resources.defer('catalog', () => catalog.close())
  const deadLetterTopic = await admin.describeTopic(topics.deadLetters)
  const deadLetters = { lanes, topic: topics.deadLetters, partitions: deadLetterTopic?.partitions.length ?? 6 }
  // It tells what happened and decides nothing: what is wrong with its topic must not reach the records that do.
  const attemptLanes = openLanes({ connection, metrics, kind: 'shared' })
  resources.defer('lanes of the attempts log', () => attemptLanes.close())
  const attemptsTopic = await admin.describeTopic(topics.attempts).catch(() => undefined)
  const attemptLog = createAttemptLog({
    ...{ lanes: attemptLanes, topic: topics.attempts, partitions: attemptsTopic?.partitions.length ?? 6, metrics },
    instance: config.TAILRACE_INSTANCE_ID,
    onLost: telemetry.attemptDetailsLost,
  })
  const instance = config.TAILRACE_INSTANCE_ID
  const told = openTold({ redis, prefix: config.TAILRACE_PREFIX })
  const ops = openOps({ catalog, lanes, told, instance, metrics, log })
  resources.defer('operational events', () => ops.close())
  const hints = openTargetHints({ redis, prefix: config.TAILRACE_PREFIX, owner: clientId })
  resources.defer('target hints', () => hints.close())
  const pulse = startPulse((nowMs) => {
    runners?.tick(nowMs)
    jobs?.tick(nowMs)
  })
  resources.defer('pulse', () => pulse.close())
  const environment = {
    ...{ connection, metrics, admin, catalog, lanes, destinationLanes, deadLetters, telemetry, pulse },
    ...{ attemptLog, ops, hints, onBroken },
    acks: config.TAILRACE_ACK_CACHE === 'on' ? openAckCache({ redis, prefix: config.TAILRACE_PREFIX }) : noAckCache,
    targetMetrics: createTargetMetrics(metrics),
    states: createStateRecords(catalog),
    egress: createEgressGuard(config.TAILRACE_EGRESS_ALLOW),
    laggingAfterMs: config.TAILRACE_LAGGING_AFTER_MS,
    sessionTimeoutMs: config.TAILRACE_SESSION_TIMEOUT_MS,
    rates: openRateLimits({ redis, prefix: config.TAILRACE_PREFIX, patienceMs: ratePatienceMs }),
    runnerCount: () => runners?.count() ?? 1,
  }
  let runners: RunnerSet | undefined
  let jobs: JobSet | undefined
  createStandingMetrics(metrics, () => runners?.reports() ?? [])
  runners = followSubscriptions({
    catalog,
    start: (subscription, stream) => new SubscriptionRunner({ environment, subscription, stream }),
    keptOut: keepOut(catalog, telemetry),
    onBroken,
  })
  const jobEnvironment = { ...environment, jobTelemetry: createJobTelemetry(log, metrics), instance }
  jobs = followJobs({ environment: jobEnvironment, group: topics.jobRunner, topic: topics.catalog })
  return { runners, jobs, ops }
}
