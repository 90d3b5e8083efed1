import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { pino } from 'pino'
import { formatCredential, hashSecret, newCredential, parseCredential, verifySecret } from '#shared/catalog/api-keys.ts'
import type { Stream } from '#shared/catalog/model.ts'
import { allows } from '#shared/catalog/scopes.ts'
import type { TailraceError } from '#shared/errors.ts'
import type { EventRecord } from '#shared/event/record.ts'
import { createAuthenticate } from '#shared/http/authenticate.ts'
import { createHttpServer } from '#shared/http/server.ts'
import type { ProduceLanes } from '#shared/kafka/lanes.ts'
import { defaultLimits, type Limits } from '#shared/limits.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import type { RateLimits } from '#shared/redis/rate-limits.ts'
import type { Deduplicate } from '../../../services/producer/deduplication.ts'
import { announcedBytes, boundInFlight } from '../../../services/producer/in-flight.ts'
import { createPublish } from '../../../services/producer/publish.ts'
import { createPublishMany } from '../../../services/producer/publish-many.ts'
import { createPublishRates } from '../../../services/producer/rate-limits.ts'
import { publishRoute } from '../../../services/producer/routes/publish.ts'
import { keepSchemas } from '../../../services/producer/schemas.ts'
import { followStreams } from '../../../services/producer/streams.ts'
import { createTelemetry } from '../../../services/producer/telemetry.ts'

type Append = (topic: string, partition: number, record: EventRecord) => Promise<number>

/** The producer from its door to the lanes, which are an array here. */
export type Door = {
  app: FastifyInstance
  stored: EventRecord[]
  /** The credential with `publish:*`. */
  key: string
  keyWith(scopes: string[], more?: KeyMembers): string
  /** Knows the keys of another door as well: two producers with one catalog. */
  lend(other: Door): void
  keys: ReadonlyMap<string, Key>
  post(request: Partial<InjectOptions> & { stream?: string }): Promise<LightMyRequestResponse>
  /** What the catalog answers; change it to see the door react. */
  catalog: { staleMs: number; isCaughtUp: boolean; catchUps: number; onCatchUp(): void }
  /** Why every request is refused; undefined = none is. */
  load: { refusal: TailraceError | undefined }
  streams: Map<string, Stream>
  /** Everything that was logged. */
  log: string[]
  /** Requests so far, by what became of them. */
  outcomes(): Promise<Record<string, number>>
  close(): Promise<void>
}

type Options = {
  deduplicate?: Deduplicate
  limits?: Partial<Limits>
  append?: Append
  appendAll?: ProduceLanes['appendAll']
  deadlineMs?: number
  rateLimits?: RateLimits
}

type Rate = { perSecond: number; burst: number }
type KeyMembers = { expiresAt?: string; validUntil?: string; rateLimit?: Rate }
type Key = {
  id: string
  name: string
  scopes: string[]
  rateLimit: Rate | null
  expiresAt: string | null
  secrets: Secret[]
}
type Secret = { hash: string; createdAt: string; validUntil: string | null }

export function openDoor(options: Options = {}): Door {
  const { limits: some, append, appendAll, deduplicate, deadlineMs = 1_000, rateLimits = unasked } = options
  const limits = { ...defaultLimits, ...some }
  const lines: string[] = []
  const log = pino({ level: 'trace' }, { write: (line) => void lines.push(line) })
  const keys = new Map<string, Key>()
  const streams = new Map([['orders', streamNamed('orders')]])
  const stored: EventRecord[] = []
  const state = { staleMs: 0, isCaughtUp: true, catchUps: 0, onCatchUp: () => {} }
  const load: Door['load'] = { refusal: undefined }
  const catchUp = async () => {
    state.catchUps += 1
    state.onCatchUp()
    return state.isCaughtUp
  }
  const metrics = createMetrics()
  const telemetry = createTelemetry(log, metrics)
  const known = followStreams({
    stream: (name) => streams.get(name),
    streams: () => [...streams.values()],
    subscriptions: () => [],
    onChange: () => () => {},
    staleMs: () => state.staleMs,
    catchUp,
  })
  const store: Append = append ?? (async (_topic, _partition, record) => stored.push(record) - 1)
  const lanes: Parameters<typeof createPublish>[0]['lanes'] = {
    append: store,
    appendAll:
      appendAll ??
      ((topic, partition, { records, stored, refused }) => {
        for (const [index, record] of records.entries()) {
          store(topic, partition, record).then(
            (offset) => stored(index, offset),
            (error: unknown) => refused(index, error),
          )
        }
      }),
    placeKeyless: () => 0,
    partitionForKey: () => 1,
  }
  const safety = { require: () => {}, refresh: async () => {}, isKnown: () => true }
  const dedup = deduplicate === undefined ? {} : { deduplicate }
  const schemas = keepSchemas({
    catalog: { streams: () => [...streams.values()], onChange: () => () => {} },
    telemetry,
  })
  const publishing = { streams: known, safety, schemas, lanes, telemetry, instance: 'p', deadlineMs, limits, ...dedup }
  const authenticate = createAuthenticate<Key>({
    keys: { key: (id) => keys.get(id) },
    catchUp,
    parse: parseCredential,
    verify: (credential, key, nowMs) => verifySecret(credential, key.secrets, nowMs),
  })
  const bodyLimitBytes = limits.TAILRACE_LIMIT_EVENT_BYTES
  const inFlight = boundInFlight(limits.TAILRACE_LIMIT_INFLIGHT_BYTES, metrics)
  const app = createHttpServer({
    ...{ log, limits, bodies: 'own', bodyLimitBytes, authenticate, allows, refused: telemetry.refused },
    refusal: ({ headers }) =>
      load.refusal ?? inFlight.refusal(announcedBytes(headers, limits.TAILRACE_LIMIT_REQUEST_BYTES)),
  })
  const [publish, publishMany] = [createPublish(publishing), createPublishMany(publishing)]
  publishRoute(app, { publish, publishMany, inFlight, rates: createPublishRates(rateLimits), telemetry, limits })
  const keyWith: Door['keyWith'] = (
    scopes,
    { expiresAt = null, validUntil = null, rateLimit = null } = {} as never,
  ) => {
    const credential = newCredential()
    const secrets = [{ hash: hashSecret(credential), createdAt: new Date().toISOString(), validUntil }]
    keys.set(credential.id, { id: credential.id, name: 'shop', scopes, rateLimit, expiresAt, secrets })
    return formatCredential(credential)
  }
  const key = keyWith(['publish:*'])
  return {
    app,
    stored,
    key,
    keyWith,
    keys,
    lend: (other) => {
      for (const [id, known] of other.keys) keys.set(id, known)
    },
    catalog: state,
    log: lines,
    load,
    streams,
    // inject() starts when it is awaited; a test may want to have several under way
    post: async ({ stream = 'orders', headers, ...rest }) =>
      await app.inject({
        method: 'POST',
        url: `/v1/streams/${stream}/events`,
        headers: { authorization: `Bearer ${key}`, ...headers },
        ...rest,
      }),
    async outcomes() {
      const counter = await metrics.registry.getSingleMetric('tailrace_publish_requests_total')?.get()
      return Object.fromEntries(counter?.values.map(({ labels, value }) => [labels.outcome, value]) ?? [])
    },
    async close() {
      telemetry.close()
      await app.close()
    },
  }
}

/** A key without a limit costs no question. */
const unasked: RateLimits = { take: () => Promise.reject(new Error('nobody has a rate limit here')) }

export function streamNamed(name: string): Stream {
  const now = new Date().toISOString()
  return {
    ...{ name, revision: 1, createdAt: now, updatedAt: now, partitions: 6, retentionMs: 1, retentionBytes: null },
    ...{ topic: `tailrace.events.${name}`, bound: false, defaultType: null, schema: null, description: '' },
  }
}
