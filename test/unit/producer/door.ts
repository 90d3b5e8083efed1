import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { pino } from 'pino'
import { formatCredential, hashSecret, newCredential, parseCredential, verifySecret } from '#shared/catalog/api-keys.ts'
import type { Stream } from '#shared/catalog/model.ts'
import { allows } from '#shared/catalog/scopes.ts'
import type { EventRecord } from '#shared/event/record.ts'
import { createAuthenticate } from '#shared/http/authenticate.ts'
import { createHttpServer } from '#shared/http/server.ts'
import { defaultLimits, type Limits } from '#shared/limits.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { openRedis } from '#shared/redis/connection.ts'
import { type Idempotency, openIdempotency } from '../../../services/producer/idempotency/open.ts'
import { boundInFlight } from '../../../services/producer/in-flight.ts'
import { createPublish } from '../../../services/producer/publish.ts'
import { publishRoute } from '../../../services/producer/routes/publish.ts'
import { followStreams } from '../../../services/producer/streams.ts'
import { createTelemetry } from '../../../services/producer/telemetry.ts'

type Append = (topic: string, partition: number, record: EventRecord) => Promise<number>

/** The producer from its door to the lanes, which are an array here. */
export type Door = {
  app: FastifyInstance
  stored: EventRecord[]
  /** The credential with `publish:*`. */
  key: string
  keyWith(scopes: string[], more?: { expiresAt?: string; validUntil?: string }): string
  /** Knows the keys of another door as well: two producers with one catalog. */
  lend(other: Door): void
  keys: ReadonlyMap<string, Key>
  post(request: Partial<InjectOptions> & { stream?: string }): Promise<LightMyRequestResponse>
  /** What the catalog answers; change it to see the door react. */
  catalog: { staleMs: number; isCaughtUp: boolean; catchUps: number; onCatchUp(): void }
  streams: Map<string, Stream>
  close(): Promise<void>
}

type Options = { limits?: Partial<Limits>; append?: Append; deadlineMs?: number; idempotency?: Idempotency }

type Key = { id: string; name: string; scopes: string[]; expiresAt: string | null; secrets: Secret[] }
type Secret = { hash: string; createdAt: string; validUntil: string | null }

export function openDoor({
  limits: some,
  append,
  deadlineMs = 1_000,
  idempotency = withoutRedis(),
}: Options = {}): Door {
  const limits = { ...defaultLimits, ...some }
  const log = pino({ level: 'silent' })
  const keys = new Map<string, Key>()
  const streams = new Map([['orders', streamNamed('orders')]])
  const stored: EventRecord[] = []
  const state = { staleMs: 0, isCaughtUp: true, catchUps: 0, onCatchUp: () => {} }
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
  const lanes = {
    append: append ?? (async (_topic: string, _partition: number, record: EventRecord) => stored.push(record) - 1),
    placeKeyless: () => 0,
    partitionForKey: () => 1,
  }
  const safety = { require: () => {}, refresh: async () => {}, isKnown: () => true }
  const publish = createPublish({
    streams: known,
    safety,
    lanes,
    idempotency,
    telemetry,
    instance: 'p',
    deadlineMs,
    limits,
  })
  const authenticate = createAuthenticate<Key>({
    keys: { key: (id) => keys.get(id) },
    catchUp,
    parse: parseCredential,
    verify: (credential, key, nowMs) => verifySecret(credential, key.secrets, nowMs),
  })
  const bodyLimitBytes = limits.TAILRACE_LIMIT_EVENT_BYTES
  const app = createHttpServer({ log, limits, bodies: 'bytes', bodyLimitBytes, authenticate, allows })
  publishRoute(app, {
    publish,
    inFlight: boundInFlight(limits.TAILRACE_LIMIT_INFLIGHT_BYTES, metrics),
    telemetry,
    limits,
  })
  const keyWith: Door['keyWith'] = (scopes, { expiresAt = null, validUntil = null } = {} as never) => {
    const credential = newCredential()
    const secrets = [{ hash: hashSecret(credential), createdAt: new Date().toISOString(), validUntil }]
    keys.set(credential.id, { id: credential.id, name: 'shop', scopes, expiresAt, secrets })
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
    streams,
    // inject() starts when it is awaited; a test may want to have several under way
    post: async ({ stream = 'orders', headers, ...rest }) =>
      await app.inject({
        method: 'POST',
        url: `/v1/streams/${stream}/events`,
        headers: { authorization: `Bearer ${key}`, ...headers },
        ...rest,
      }),
    async close() {
      telemetry.close()
      idempotency.close()
      await app.close()
    },
  }
}

const withoutRedis = () => {
  const redis = openRedis({ url: '', log: pino({ level: 'silent' }) })
  return openIdempotency({ redis, isConfigured: false, prefix: 'test.', windowMs: 1_000, observe: () => {} })
}

export function streamNamed(name: string): Stream {
  const now = new Date().toISOString()
  return {
    ...{ name, revision: 1, createdAt: now, updatedAt: now, partitions: 6, retentionMs: 1, retentionBytes: null },
    ...{ topic: `tailrace.events.${name}`, bound: false, defaultType: null, schema: null, description: '' },
  }
}
