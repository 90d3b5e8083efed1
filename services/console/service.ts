import type { FastifyInstance } from 'fastify'
import { parseCredential, verifySecret } from '#shared/catalog/api-keys.ts'
import { type Catalog, openCatalog } from '#shared/catalog/catalog.ts'
import { topicNames } from '#shared/catalog/names.ts'
import { openOps } from '#shared/catalog/ops/ops-events.ts'
import { allows } from '#shared/catalog/scopes.ts'
import { createSecretBox } from '#shared/catalog/secrets.ts'
import { createTokenSigner } from '#shared/catalog/sign-in-tokens.ts'
import { createEgressGuard } from '#shared/delivery/egress.ts'
import { createTargetMetrics } from '#shared/delivery/target-client.ts'
import { createAuthenticate } from '#shared/http/authenticate.ts'
import { drainHttpServer } from '#shared/http/drain.ts'
import { createHttpServer } from '#shared/http/server.ts'
import { openAdmin } from '#shared/kafka/admin.ts'
import { newClientId } from '#shared/kafka/client-id.ts'
import type { KafkaConnection } from '#shared/kafka/connection.ts'
import { openLanes } from '#shared/kafka/lanes.ts'
import { type Resources, type RunningService, withResources } from '#shared/lifecycle.ts'
import { startAdminServer } from '#shared/observability/admin-server.ts'
import type { Log } from '#shared/observability/log.ts'
import { createMetrics, type Metrics } from '#shared/observability/metrics.ts'
import { openRedis, type RedisConnection, redisOf } from '#shared/redis/connection.ts'
import { openHeartbeat } from '#shared/redis/heartbeat.ts'
import { openSpent } from '#shared/redis/spent.ts'
import { openTold } from '#shared/redis/told.ts'
import { createAudit } from './audit.ts'
import { watchAvailability } from './availability.ts'
import { tellBrokers } from './broker-watch.ts'
import { watchCluster } from './cluster-monitor.ts'
import { type ConsoleConfig, limitsOf } from './config.ts'
import { type Console, change, createWriter } from './context.ts'
import { openDeadLetterIndex, streamOfCatalog } from './dead-letter-index.ts'
import { createShelf } from './dead-letter-shelf.ts'
import { openIndex } from './index/open-index.ts'
import { type LiveHub, openLiveHub } from './live/hub.ts'
import { liveSources } from './live/sources.ts'
import { mountRoutes } from './mount.ts'
import { startObserving } from './observations.ts'
import { openApiOf } from './openapi.ts'
import { createRemoval } from './removal.ts'
import { deadLetterRoutes } from './routes/dead-letters.ts'
import { deliveryRoutes } from './routes/deliveries.ts'
import { eventRoutes } from './routes/events.ts'
import { jobRoutes } from './routes/jobs.ts'
import { keyRoutes } from './routes/keys.ts'
import { liveRoutes } from './routes/live.ts'
import { pastRoutes } from './routes/past.ts'
import { mountPublicFiles } from './routes/public-files.ts'
import { sessionRoutes } from './routes/session.ts'
import { streamRoutes } from './routes/streams.ts'
import { subscriptionActionRoutes } from './routes/subscription-actions.ts'
import { subscriptionRoutes } from './routes/subscriptions.ts'
import { watchingRoutes } from './routes/watching.ts'
import { addSecurityHeaders } from './security-headers.ts'
import { authenticateEither } from './session/authenticate.ts'
import { sessionCookie } from './session/cookie.ts'
import { countFailedSignIns } from './session/failed-sign-ins.ts'
import { openSessions } from './session/sessions.ts'
import { startSweep } from './sweep.ts'
import { createTelemetry } from './telemetry.ts'

export type ConsoleService = RunningService & { readonly adminUrl: string; readonly url: string }

/** A definition is small; this is room for the largest one by far. */
const bodyLimitBytes = 1024 * 1024
const drain = { quietMs: 500, deadlineMs: 12_000 }
/** A reader silent for this long while Kafka answers others is broken. */
const silentReaderMs = 5_000

/** Opens everything in order and resolves when this instance serves; unwinds itself when it cannot. */
export async function startConsole(config: ConsoleConfig, log: Log): Promise<ConsoleService> {
  const report = (name: string, error: unknown) => log.warn({ resource: name, err: error }, 'a resource did not close')
  return await withResources(report, (resources) => open(config, log, resources))
}

async function open(config: ConsoleConfig, log: Log, resources: Resources): Promise<ConsoleService> {
  const metrics = createMetrics()
  let state: 'starting' | 'ready' | 'stopping' = 'starting'
  let faults = (): string[] => []
  const reasons = () => (state === 'ready' ? faults() : [state])
  const [host, port] = [config.TAILRACE_ADMIN_HOST, config.TAILRACE_ADMIN_PORT]
  const admin = await startAdminServer({ host, port, metrics, ready: reasons })
  resources.defer('admin server', () => admin.close())
  const redis = openRedis({ ...redisOf(config), log })
  resources.defer('redis', () => redis.close())
  const clientId = newClientId('console', config.TAILRACE_INSTANCE_ID)
  const console = await openConsole({ config, log, metrics, resources, redis, clientId })
  openHeartbeat(resources, {
    ...{ redis, prefix: config.TAILRACE_PREFIX, id: config.TAILRACE_INSTANCE_ID, clientId },
    service: 'console',
    ready: () => reasons().length === 0,
  })
  const live = openLive(console, resources)
  const app = createServer(console, live)
  const url = await app.listen({ host: config.TAILRACE_HOST, port: config.TAILRACE_PORT })
  resources.defer('http server', () => {
    state = 'stopping'
    // Its streams would never end by themselves.
    live.close()
    return drainHttpServer(app, drain)
  })
  faults = () => (isReaderBroken(console) ? ['the reader of the catalog topic is silent'] : [])
  state = 'ready'
  log.info({ url, adminUrl: admin.url }, 'ready')
  return { url, adminUrl: admin.url, finished: new Promise(() => {}), stop: () => resources.close() }
}

type Parts = {
  config: ConsoleConfig
  log: Log
  metrics: Metrics
  resources: Resources
  redis: RedisConnection
  clientId: string
}

/** Everything the use cases work with. */
async function openConsole({ config, log, metrics, resources, redis, clientId }: Parts): Promise<Console> {
  const instance = config.TAILRACE_INSTANCE_ID
  const topics = topicNames(config.TAILRACE_PREFIX)
  const connection: KafkaConnection = { brokers: config.KAFKA_BROKERS.split(','), clientId, log }
  const telemetry = createTelemetry(log, metrics)
  const masterKey = Buffer.from(config.TAILRACE_MASTER_KEY, 'base64')
  const box = createSecretBox(masterKey)
  const admin = await openAdmin(connection)
  resources.defer('kafka admin', () => admin.close())
  const lanes = openLanes({ connection, metrics, kind: 'shared' })
  resources.defer('lanes', () => lanes.close())
  const destinationLanes = openLanes({ connection, metrics, kind: 'leader' })
  resources.defer('destination lanes', () => destinationLanes.close())
  const catalog = await openCatalog({ connection, topic: topics.catalog, lanes, instance: clientId, box, log })
  resources.defer('catalog', () => catalog.close())
  const told = openTold({ redis, prefix: config.TAILRACE_PREFIX })
  const ops = openOps({ catalog, lanes, told, instance, metrics, log })
  resources.defer('operational events', () => ops.close())
  const onBrokers = tellBrokers.bind(null, ops)
  const monitor = watchCluster({ admin, catalog, telemetry, onBrokers })
  resources.defer('cluster monitor', () => monitor.close())
  const removal = createRemoval(admin, log)
  resources.defer('removal', () => removal.close())
  const writer = createWriter()
  const forget = (keys: readonly string[]) =>
    change({ writer, catalog }, async () => {
      for (const key of keys) await catalog.write(key, null)
    })
  const sweep = startSweep({ admin, catalog, topics, removal, forget, log })
  resources.defer('sweep', () => sweep.close())
  const streamOf = streamOfCatalog(catalog, topics.events(''))
  const deadLetters = openDeadLetterIndex({ admin, topic: topics.deadLetters, shelf: createShelf({ streamOf }), log })
  resources.defer('dead letters', () => deadLetters.close())
  const index = openIndex({ config, topics, clientId, catalog, log })
  resources.defer('search index', () => index.close())
  const audit = createAudit({ lanes, topic: topics.audit, log })
  const availability = watchAvailability()
  const console: Console = {
    ...{
      catalog,
      writer,
      admin,
      topics,
      box,
      redis,
      monitor,
      removal,
      deadLetters,
      index,
      audit,
      availability,
      streamOf,
      telemetry,
      log,
      instance,
    },
    sessions: openSessions({
      ...{ catalog, signer: createTokenSigner(masterKey) },
      spent: openSpent({ redis, prefix: config.TAILRACE_PREFIX }),
    }),
    cookie: sessionCookie(config.TAILRACE_CONSOLE_URL),
    failedSignIns: countFailedSignIns(),
    egress: createEgressGuard(config.TAILRACE_EGRESS_ALLOW),
    targetMetrics: createTargetMetrics(metrics),
    destinationLanes,
    limits: limitsOf(config),
    prefix: config.TAILRACE_PREFIX,
    publishUrl: config.TAILRACE_PUBLISH_URL,
    consoleUrl: config.TAILRACE_CONSOLE_URL,
  }
  const observing = startObserving(console, availability)
  resources.defer('observations', () => observing.close())
  return console
}

/** Streams end at once with their key or session, not with the next beat. */
function openLive(console: Console, resources: Resources): LiveHub {
  const { catalog, limits, log } = console
  const live = openLiveHub({
    sources: liveSources(console),
    mostClients: limits.TAILRACE_LIMIT_LIVE_CLIENTS,
    failed: (err) => log.debug({ err }, 'a source of the live stream did not answer'),
  })
  resources.defer('live', live.close)
  resources.defer('live keys', catalog.onChange(live.recheck))
  return live
}

function createServer(console: Console, live: LiveHub): FastifyInstance {
  const { catalog, limits, log, sessions, cookie, consoleUrl } = console
  const byKey = createAuthenticate({
    keys: catalog,
    catchUp: catalog.catchUp,
    parse: parseCredential,
    verify: (credential, key, nowMs) => verifySecret(credential, key.secrets, nowMs),
  })
  const authenticate = authenticateEither({ byKey, sessions, cookie })
  const app = createHttpServer({ log, limits, bodies: 'json', bodyLimitBytes, authenticate, allows })
  addSecurityHeaders(app, consoleUrl)
  const routes = [
    ...sessionRoutes(console),
    ...streamRoutes(console),
    ...subscriptionRoutes(console),
    ...subscriptionActionRoutes(console),
    ...keyRoutes(console),
    ...deadLetterRoutes(console),
    ...jobRoutes(console),
    ...deliveryRoutes(console),
    ...eventRoutes(console),
    ...pastRoutes(console),
    ...watchingRoutes(console),
    ...liveRoutes(live),
  ]
  mountRoutes(app, routes, { ...console, authenticate })
  mountPublicFiles(app, { openApi: openApiOf(routes, console), consoleUrl })
  return app
}

/** Kafka gone for all is no reason to take this instance out: it answers from memory. */
function isReaderBroken({ catalog, monitor }: { catalog: Catalog; monitor: Console['monitor'] }): boolean {
  return catalog.staleMs() > silentReaderMs && monitor.reachable()
}
