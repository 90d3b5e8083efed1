import type { IncomingMessage } from 'node:http'
import { parseCredential, verifySecret } from '#shared/catalog/api-keys.ts'
import { type Catalog, openCatalog } from '#shared/catalog/catalog.ts'
import { topicNames } from '#shared/catalog/names.ts'
import { allows } from '#shared/catalog/scopes.ts'
import { createAuthenticate } from '#shared/http/authenticate.ts'
import { drainHttpServer } from '#shared/http/drain.ts'
import { createHttpServer, type HttpServerOptions } from '#shared/http/server.ts'
import { type KafkaAdmin, openAdmin } from '#shared/kafka/admin.ts'
import { newClientId } from '#shared/kafka/client-id.ts'
import type { KafkaConnection } from '#shared/kafka/connection.ts'
import { openLanes } from '#shared/kafka/lanes.ts'
import { patchProduceRequest } from '#shared/kafka/produce-patch.ts'
import { type Resources, type RunningService, withResources } from '#shared/lifecycle.ts'
import { startAdminServer } from '#shared/observability/admin-server.ts'
import type { Log } from '#shared/observability/log.ts'
import { createMetrics, type Metrics } from '#shared/observability/metrics.ts'
import { openRedis, type RedisConnection, redisOf } from '#shared/redis/connection.ts'
import { openHeartbeat } from '#shared/redis/heartbeat.ts'
import { readInstances } from '#shared/redis/instances.ts'
import { openRateLimits } from '#shared/redis/rate-limits.ts'
import type { ProducerConfig } from './config.ts'
import { createLookBack } from './idempotency/look-back.ts'
import { type Idempotency, openIdempotency } from './idempotency/open.ts'
import { announcedBytes, boundInFlight } from './in-flight.ts'
import { watchLoopLoad } from './loop-load.ts'
import { createPublish } from './publish.ts'
import { createPublishMany } from './publish-many.ts'
import { createPublishRates } from './rate-limits.ts'
import { watchReadiness } from './readiness.ts'
import { publishRoute } from './routes/publish.ts'
import { keepSchemas } from './schemas.ts'
import { followStreams } from './streams.ts'
import { createTelemetry, type ProducerTelemetry } from './telemetry.ts'
import { keepTopicsSafe } from './topic-safety.ts'

export type ProducerService = RunningService & { readonly adminUrl: string; readonly url: string }

/**
 * New connections that wait to be accepted. With the usual 511 the rest of thousands that come at once waits for the client's
 * retransmissions, seconds, and is then answered 408 or reset. The kernel caps it at its own limit (somaxconn).
 */
const backlog = 4_096
/**
 * Quiet keep-alive connections get this long to send a last request; busy ones end with their next answer. A client that
 * stood still for a moment sends on many of them at once: closing them then would fail those requests.
 */
const quietMs = 3_000
/** Longer than a publish may wait, shorter than the grace period. */
const drainSlackMs = 3_000
/** A publisher waits meanwhile. */
const ratePatienceMs = 50

/** Opens everything in order and resolves when this instance serves; unwinds itself when it cannot. */
export async function startProducer(config: ProducerConfig, log: Log): Promise<ProducerService> {
  const report = (name: string, error: unknown) => log.warn({ resource: name, err: error }, 'a resource did not close')
  return await withResources(report, (resources) => open(config, log, resources))
}

async function open(config: ProducerConfig, log: Log, resources: Resources): Promise<ProducerService> {
  const metrics = createMetrics()
  let reasons: () => readonly string[] = () => ['starting']
  const admin = await startAdminServer({
    host: config.TAILRACE_ADMIN_HOST,
    port: config.TAILRACE_ADMIN_PORT,
    metrics,
    ready: () => reasons(),
  })
  resources.defer('admin server', () => admin.close())
  const redis = openRedis({ ...redisOf(config), log })
  resources.defer('redis', () => redis.close())
  const id = config.TAILRACE_INSTANCE_ID
  const clientId = newClientId('producer', id)
  const { lanes, catalog, app } = await openIngest({ config, log, metrics, resources, clientId, redis })
  const prefix = config.TAILRACE_PREFIX
  const instances = () => readInstances(redis, prefix, Date.now())
  const readiness = watchReadiness({ id, staleMs: catalog.staleMs, lanes: () => lanes.snapshot(), instances })
  resources.defer('readiness', () => readiness.close())
  reasons = readiness.reasons
  openHeartbeat(resources, {
    ...{ redis, prefix, id, clientId, service: 'producer' },
    ready: () => reasons().length === 0,
    more: () => ({ lanes: lanes.snapshot().map(({ topic, partition, state }) => ({ topic, partition, state })) }),
  })
  const url = await app.listen({ host: config.TAILRACE_HOST, port: config.TAILRACE_PORT, backlog })
  resources.defer('http server', () => {
    readiness.stopping()
    return drainHttpServer(app, { quietMs, deadlineMs: config.TAILRACE_PUBLISH_DEADLINE_MS + drainSlackMs })
  })
  readiness.started()
  log.info({ url, adminUrl: admin.url }, 'ready')
  return { url, adminUrl: admin.url, finished: new Promise(() => {}), stop: () => resources.close() }
}

type Ingest = {
  config: ProducerConfig
  log: Log
  metrics: Metrics
  resources: Resources
  clientId: string
  redis: RedisConnection
}

/** Kafka, catalog and the door itself, not listening yet. */
async function openIngest(parts: Ingest) {
  const { config, log, metrics, resources, clientId, redis } = parts
  const { TAILRACE_INSTANCE_ID: instance } = config
  const connection: KafkaConnection = { brokers: config.KAFKA_BROKERS.split(','), clientId, log }
  const telemetry = createTelemetry(log, metrics)
  resources.defer('telemetry', () => telemetry.close())
  const topicAdmin = await openAdmin(connection)
  resources.defer('kafka admin', () => topicAdmin.close())
  const idempotency = recogniseRepeats(parts, topicAdmin, telemetry)
  if (config.TAILRACE_PRODUCE_ENCODER === 'own') patchProduceRequest()
  const lanes = openLanes({ connection, metrics, kind: config.TAILRACE_PRODUCE_LANES })
  resources.defer('lanes', () => lanes.close())
  const catalog = await followCatalog(parts, connection)
  const streams = followStreams(catalog)
  resources.defer('streams', () => streams.close())
  const safety = keepTopicsSafe({ catalog, admin: topicAdmin, telemetry })
  resources.defer('topic safety', () => safety.close())
  const schemas = keepSchemas({ catalog, telemetry })
  resources.defer('schemas', () => schemas.close())
  const inFlight = boundInFlight(config.TAILRACE_LIMIT_INFLIGHT_BYTES, metrics)
  const deadlineMs = config.TAILRACE_PUBLISH_DEADLINE_MS
  const publishing = {
    ...{ streams, safety, schemas, lanes, telemetry, instance, deadlineMs, limits: config },
    ...idempotency,
  }
  const [publish, publishMany] = [createPublish(publishing), createPublishMany(publishing)]
  const loopLoad = watchLoopLoad(metrics)
  resources.defer('loop load', () => loopLoad.close())
  const rates = createPublishRates(
    openRateLimits({ redis, prefix: config.TAILRACE_PREFIX, patienceMs: ratePatienceMs }),
  )
  const mostBytes = config.TAILRACE_LIMIT_REQUEST_BYTES
  const refusal = ({ headers }: IncomingMessage) =>
    loopLoad.refusal() ?? inFlight.refusal(announcedBytes(headers, mostBytes))
  const app = createDoor(parts, { catalog, refusal, refused: telemetry.refused })
  publishRoute(app, { publish, publishMany, inFlight, rates, telemetry, limits: config })
  return { lanes, catalog, app }
}

/**
 * Opened before the lanes and so closed after them: their last answers are written down as well. Without a configured Redis
 * nothing is recognised.
 */
function recogniseRepeats(
  { config, redis, resources }: Ingest,
  admin: KafkaAdmin,
  telemetry: ProducerTelemetry,
): Partial<Pick<Idempotency, 'deduplicate'>> {
  if (config.REDIS_URL === '') return {}
  const { TAILRACE_PREFIX: prefix, TAILRACE_IDEMPOTENCY_WINDOW_MS: windowMs } = config
  const lookBack = createLookBack({ admin })
  const idempotency = openIdempotency({ redis, prefix, windowMs, lookBack, observe: telemetry.idempotency })
  resources.defer('idempotency', () => idempotency.close())
  return { deduplicate: idempotency.deduplicate }
}

async function followCatalog({ config, log, metrics, resources }: Ingest, connection: KafkaConnection) {
  const own = { ...connection, clientId: `${connection.clientId}-catalog` }
  const lanes = openLanes({ connection: own, metrics, kind: 'shared' })
  resources.defer('catalog lanes', () => lanes.close())
  const { catalog: topic } = topicNames(config.TAILRACE_PREFIX)
  const catalog = await openCatalog({ connection: own, topic, lanes, instance: connection.clientId, box: null, log })
  resources.defer('catalog', () => catalog.close())
  return catalog
}

type Door = Pick<HttpServerOptions, 'refusal' | 'refused'> & { catalog: Catalog }

function createDoor({ config, log }: Ingest, { catalog, ...shedding }: Door) {
  const authenticate = createAuthenticate({
    keys: catalog,
    catchUp: catalog.catchUp,
    parse: parseCredential,
    verify: (credential, key, nowMs) => verifySecret(credential, key.secrets, nowMs),
  })
  const bodyLimitBytes = config.TAILRACE_LIMIT_EVENT_BYTES
  return createHttpServer({ log, limits: config, bodies: 'own', bodyLimitBytes, authenticate, allows, ...shedding })
}
