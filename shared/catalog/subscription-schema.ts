import { Type } from 'typebox'
import { defaultLimits } from '#shared/limits.ts'
import { givenAccess, shownAccess, storedAccess } from './access-schema.ts'
import { namePattern } from './names.ts'
import { rateLimitOf } from './rate-limit.ts'
import { nullable, objectOrNull, time } from './schema.ts'
import { signingSecretPattern } from './signing-secrets.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const target = Type.Object({
  url: Type.String({ minLength: 1, maxLength: 2_048, description: 'http or https, no user, no fragment.' }),
  weight: Type.Integer({
    ...{ default: 1, minimum: 1, maximum: 100 },
    description: 'Its share of the deliveries; counts with weighted, random and least-loaded.',
  }),
  backup: Type.Boolean({ default: false, description: 'Serves only while no other target is up.' }),
  healthPath: nullable(
    Type.String({
      ...{ minLength: 1, maxLength: 1_024 },
      description: 'Path on the host of the URL; asked by GET every few seconds, any 2xx is healthy.',
    }),
  ),
})

export const balances = ['round-robin', 'random', 'weighted', 'least-loaded', 'primary-backup', 'compare'] as const

const destination = {
  kind: Type.Enum(['http', 'kafka'], { default: 'http', description: 'kafka: another topic of the same cluster.' }),
  topic: nullable(
    Type.String({ pattern: '^[a-zA-Z0-9._-]{1,249}$', description: 'Of a kafka destination; it exists already.' }),
  ),
  format: Type.Enum(['as-published', 'binary'], {
    default: 'as-published',
    description: 'binary: the data of a structured event alone, under their own content type; others are that already.',
  }),
  balance: Type.Enum([...balances], {
    default: 'round-robin',
    description: 'How several targets share the deliveries; primary-backup: the first that is up, in this order.',
  }),
  targets: Type.Array(target, { default: [], maxItems: 20, description: 'No URL twice; none for kafka.' }),
}

const delivery = Type.Object(
  {
    timeoutMs: Type.Integer({ default: 15 * second, minimum: 100, maximum: 2 * minute }),
    connectTimeoutMs: Type.Integer({ default: 3 * second, minimum: 50, maximum: 30 * second }),
    concurrency: Type.Integer({ default: 64, minimum: 1, maximum: 1_024 }),
    rateLimit: nullable(rateLimitOf('Requests of all instances together')),
    onStatus: Type.Record(Type.String(), Type.Enum(['delivered', 'retry', 'dead-letter']), {
      default: {},
      description:
        'A status ("409") or a class of them ("4xx") → delivered, retry or dead-letter; the status counts first.',
    }),
  },
  { default: {} },
)

/** Two points of the schedule are at least this far apart; so is the last one from the first failure. */
export const shortestRetryGapMs = 100

const retry = Type.Object(
  {
    scheduleMs: Type.Array(Type.Integer({ minimum: shortestRetryGapMs, maximum: 30 * day }), {
      default: [5 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute, hour, 3 * hour, 6 * hour],
      minItems: 1,
      maxItems: 50,
      description: 'Points in time after the first failure, ascending.',
    }),
    giveUpAfterMs: Type.Integer({ default: day, minimum: second, maximum: 30 * day }),
    whileBlocked: Type.Enum(['wait', 'skip'], {
      default: 'wait',
      description: 'wait: behind an event that failed its key waits; skip: the key goes on without it, out of order.',
    }),
  },
  { default: {} },
)

const typePatterns = Type.Array(Type.String({ minLength: 1 }), {
  minItems: 1,
  description:
    'Types to deliver; * is any one segment, ** at the end one or more: order.* or order.**. Null: every type.',
})

/** Which events; null: all of them. */
export const filter = Type.Object(
  {
    types: nullable(typePatterns),
    cel: nullable(
      Type.String({
        minLength: 1,
        description:
          'A CEL expression over event.<attribute> and event.data that is true for what to deliver; an error is no match.',
      }),
    ),
  },
  {
    default: {},
    description: `Both must match; ${defaultLimits.TAILRACE_LIMIT_FILTER_BYTES} bytes together (TAILRACE_LIMIT_FILTER_BYTES).`,
  },
)

const schemes = Type.Array(Type.Enum(['v1', 'v1a']), {
  default: ['v1'],
  minItems: 1,
  maxItems: 2,
  uniqueItems: true,
  description: 'v1: HMAC-SHA256 with a shared secret. v1a: ed25519, receivers know the public key. (Standard Webhooks)',
})
const signingSecret = Type.String({
  pattern: signingSecretPattern,
  description:
    'For v1 whsec_ and the base64 of 24 to 64 bytes; for v1a whsk_ and the base64 of the 32 byte private key.',
})

const definition = {
  stream: Type.String({ pattern: namePattern, description: 'Fixed at creation.' }),
  from: Type.String({
    default: 'latest',
    maxLength: 40,
    description: 'earliest, latest or an RFC 3339 time; counts at creation only.',
  }),
  paused: Type.Boolean({ default: false }),
  description: Type.String({ default: '', maxLength: 1_000 }),
  ordering: Type.Enum(['key', 'none', 'partition'], { default: 'key' }),
  filter,
  delivery,
  retry,
}

/** What an operator says about a subscription: the body of PUT. */
export const subscriptionDefinition = Type.Object({
  ...definition,
  destination: Type.Object({ ...destination, ...givenAccess }),
  signing: Type.Object({ schemes }, { default: {} }),
  signingSecret: Type.Optional(signingSecret),
})

const recorded = {
  ...definition,
  uid: Type.String({ pattern: '^[a-z0-9]{1,32}$', description: 'Made at creation; part of group and retry topic.' }),
  name: Type.String({ pattern: namePattern }),
  createdAt: time('When it was created.'),
  updatedAt: time('When its definition last changed.'),
  startOffsets: Type.Record(Type.String(), Type.Integer(), {
    description: 'Partition → first offset that belongs to it.',
  }),
  group: Type.String({ description: 'Its Kafka consumer group.' }),
  retryTopic: Type.String(),
}

/**
 * A subscription as its record in the catalog topic holds it. Secrets of the destination are sealed in it, so that they change
 * together with what they belong to; the signing secrets, which rotate by themselves, have a record of their own.
 */
export const subscriptionRecord = Type.Object({
  ...recorded,
  destination: Type.Object({ ...destination, ...storedAccess }),
  signing: Type.Object({ schemes }),
  resumedAt: nullable(time('Targets taken out before this moment are back in.')),
  heldAt: nullable(time('Since when an operator holds it.')),
  releasedAt: nullable(time('Holds that began before this moment are over.')),
})

const oldestUndelivered = Type.Object({
  position: Type.String(),
  at: nullable(time('When it was stored.')),
  retentionUsed: Type.Union([Type.Number(), Type.Null()]),
})

const keyQueue = Type.Object({
  key: Type.String(),
  waiting: Type.Integer({ description: 'Events of the key that wait, the one at its head included.' }),
  head: Type.String({ description: 'The delivery that is tried again.' }),
  position: Type.String({ description: 'Of the event at the head.' }),
  since: time('When the head was tried first.'),
})

const subscriptionStatus = Type.Object({
  phase: Type.String({ description: 'starting, active, held, paused, failed, deleting; clients must accept others.' }),
  reason: nullable(Type.String()),
  since: nullable(time('Since when it is in this phase.')),
  nextProbeAt: nullable(time('When a held one tries again.')),
  lagEvents: nullable(Type.Integer()),
  lagSeconds: Type.Union([Type.Number(), Type.Null()]),
  lagTrend: nullable(Type.String({ description: 'growing, steady or shrinking.' })),
  catchUpSeconds: Type.Union([Type.Number(), Type.Null()]),
  oldestUndelivered: objectOrNull(oldestUndelivered),
  retrying: nullable(Type.Integer()),
  blockedKeys: nullable(Type.Integer()),
  longestQueues: Type.Union([Type.Array(keyQueue), Type.Null()], {
    description: 'Keys with the most that waits, longest first; null in lists, after a change and without an index.',
  }),
  deadLetters: nullable(
    Type.Integer({
      description: 'Those that were not redriven or discarded and have not expired, a few seconds old; null = unknown.',
    }),
  ),
  targets: Type.Array(
    Type.Object({
      url: Type.String(),
      breaker: nullable(Type.String({ description: 'closed, half-open, open; null = no instance reports it.' })),
      openOn: Type.Integer(),
      instances: Type.Integer(),
      lastError: nullable(Type.String()),
      healthy: Type.Union([Type.Boolean(), Type.Null()]),
      byInstance: Type.Array(
        Type.Object({
          instance: Type.String(),
          breaker: Type.String({ description: 'closed, half-open, open.' }),
          lastError: nullable(Type.String()),
        }),
      ),
    }),
  ),
})

/** A subscription as answers show it; `signingSecret` is in the 201 alone, and null there when v1 does not sign. */
export const subscriptionAnswer = Type.Object({
  ...recorded,
  destination: Type.Object({ ...destination, ...shownAccess }),
  revision: Type.Integer({ description: 'Offset of its record in the catalog topic; also the ETag.' }),
  signing: Type.Object({
    schemes,
    publicKey: nullable(Type.String({ description: 'whpk_ and the base64 of the public key of v1a.' })),
    secrets: Type.Array(
      Type.Object({ createdAt: time('When it was made.'), validUntil: nullable(time('Until when it counts.')) }),
    ),
  }),
  signingSecret: Type.Optional(nullable(Type.String({ description: 'whsec_…, shown once.' }))),
  status: subscriptionStatus,
})
