import { Type } from 'typebox'
import { limitSettings } from './limits.ts'

/** Every setting of every service, once: name, type, default, range. The README table is made from it. */
export const settings = {
  KAFKA_BROKERS: Type.String({
    default: '127.0.0.1:19092,127.0.0.1:29092,127.0.0.1:39092',
    pattern: '^[^:,\\s]+:\\d+(,[^:,\\s]+:\\d+)*$',
    description: 'host:port of the brokers, separated by commas',
  }),
  REDIS_URL: Type.String({
    default: '',
    pattern: '^(rediss?://.+)?$',
    description: 'redis://host:port; empty runs without Redis',
  }),
  REDIS_SENTINELS: Type.String({
    default: '',
    pattern: '^([^:,\\s]+:\\d+(,[^:,\\s]+:\\d+)*)?$',
    description: 'host:port of the Sentinels that know the address of REDIS_URL, separated by commas',
  }),
  REDIS_SENTINEL_MASTER: Type.String({
    default: 'mymaster',
    minLength: 1,
    description: 'what the Sentinels call it',
  }),
  TAILRACE_HOST: Type.String({ default: '127.0.0.1', description: 'address to listen on' }),
  TAILRACE_PORT: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 65_535,
    description: 'port of the service; 0 = its own default',
  }),
  TAILRACE_ADMIN_HOST: Type.String({ default: '127.0.0.1', description: 'address of the admin port' }),
  TAILRACE_ADMIN_PORT: Type.Integer({
    default: 9464,
    minimum: 0,
    maximum: 65_535,
    description: 'port of /livez, /readyz and /metrics; 0 = any free one',
  }),
  TAILRACE_INSTANCE_ID: Type.String({ default: '', description: 'name of this instance; empty = the host name' }),
  TAILRACE_PREFIX: Type.String({
    default: 'tailrace.',
    pattern: '^[a-zA-Z0-9._-]{1,60}$',
    description: 'start of the names of all topics and groups',
  }),
  TAILRACE_MASTER_KEY: Type.String({
    default: '',
    pattern: '^([A-Za-z0-9+/]{43}=)?$',
    description: '32 bytes in base64; encrypts the secrets of the catalog',
  }),
  TAILRACE_ADMIN_KEY: Type.String({
    default: '',
    pattern: '^(tr_[0-9A-Za-z]{12}_[0-9A-Za-z]{43})?$',
    description: 'the first API key with all scopes',
  }),
  TAILRACE_EGRESS_ALLOW: Type.String({
    default: '',
    description:
      'networks, addresses and host names that targets may have although they are private, separated by commas',
  }),
  TAILRACE_ATTEMPTS_RETENTION_MS: Type.Integer({
    default: 604_800_000,
    minimum: 3_600_000,
    maximum: 31_536_000_000,
    description: 'how long the attempts log is kept; init applies it',
  }),
  TAILRACE_PUBLISH_DEADLINE_MS: Type.Integer({
    default: 9_000,
    minimum: 100,
    maximum: 120_000,
    description: 'longest wait of a publish before 503 outcome-unknown',
  }),
  TAILRACE_IDEMPOTENCY_WINDOW_MS: Type.Integer({
    default: 3_600_000,
    minimum: 1_000,
    maximum: 86_400_000,
    description: 'how long a repeated publish is recognised',
  }),
  TAILRACE_PRODUCE_LANES: Type.Union([Type.Literal('leader'), Type.Literal('partition')], {
    default: 'leader',
    description:
      'how producers write events: one request in flight per broker with batches of all its partitions, or one per partition',
  }),
  TAILRACE_PRODUCE_ENCODER: Type.Union([Type.Literal('own'), Type.Literal('kafkajs')], {
    default: 'own',
    description: 'who makes the bytes of produce requests, which are the same',
  }),
  TAILRACE_SHUTDOWN_GRACE_MS: Type.Integer({
    default: 30_000,
    minimum: 100,
    maximum: 600_000,
    description: 'longest clean stop',
  }),
  TAILRACE_SESSION_TIMEOUT_MS: Type.Integer({
    default: 6_000,
    minimum: 6_000,
    maximum: 1_800_000,
    description: 'silence after which Kafka gives the partitions of a consumer to another one',
  }),
  TAILRACE_EVICT_PEERS: Type.Union([Type.Literal('on'), Type.Literal('off')], {
    default: 'on',
    description: 'whether consumers take over at once from one whose heartbeats in Redis have stopped for 2 s',
  }),
  TAILRACE_ACK_CACHE: Type.Union([Type.Literal('on'), Type.Literal('off')], {
    default: 'on',
    description: 'whether consumers note each delivery in Redis at once, so that a killed one repeats next to none',
  }),
  TAILRACE_LAGGING_AFTER_MS: Type.Integer({
    default: 60_000,
    minimum: 1_000,
    maximum: 86_400_000,
    description: 'age of the oldest undelivered event beyond which tailrace.subscription.lagging is raised',
  }),
  TAILRACE_PUBLISH_URL: Type.String({
    default: 'http://127.0.0.1:8080',
    description: 'where publishers reach the producers',
  }),
  TAILRACE_CONSOLE_URL: Type.String({
    default: 'http://127.0.0.1:8090',
    description: 'where operators reach the console',
  }),
  TAILRACE_SECRETS_DIR: Type.String({
    default: '.tailrace',
    minLength: 1,
    description: 'folder where init keeps master.key, admin.key and demo-inbox.secret',
  }),
  TAILRACE_INDEX_DIR: Type.String({
    default: '.tailrace/index',
    minLength: 1,
    description: 'folder of the search index of a console; of several in one folder one writes',
  }),
  TAILRACE_INDEX_RETENTION_MS: Type.Integer({
    default: 604_800_000,
    minimum: 60_000,
    maximum: 31_536_000_000,
    description: 'how far back the search index goes; dead letters stay in it as long as they are kept',
  }),
  TAILRACE_INDEX_BYTES: Type.Integer({
    default: 4 * 1024 ** 3,
    minimum: 16 * 1024 ** 2,
    maximum: 1024 ** 4,
    description: 'largest size of the search index: beyond it the oldest goes earlier',
  }),
  TAILRACE_DEMO_URL: Type.String({
    default: 'http://127.0.0.1:8070/inbox',
    pattern: '^https?://.+$',
    description: 'target of the subscription demo-inbox',
  }),
  TAILRACE_DEMO_SECRET: Type.String({
    default: '',
    pattern: '^(whsec_[A-Za-z0-9+/]+=*)?$',
    description: 'signing secret of the subscription demo-inbox, for the demo receiver',
  }),
  TAILRACE_LOG_LEVEL: Type.Union(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].map((level) => Type.Literal(level)),
    { default: 'info', description: 'lowest level that is logged' },
  ),
  ...limitSettings,
}

export type SettingName = keyof typeof settings

/** Settings whose value is never logged; each can also be given as a file path in `<NAME>_FILE`. */
export const secretSettings: ReadonlySet<SettingName> = new Set([
  'TAILRACE_MASTER_KEY',
  'TAILRACE_ADMIN_KEY',
  'TAILRACE_DEMO_SECRET',
  'REDIS_URL',
])
