import { type Config, readConfig } from '#shared/config.ts'
import { type Limits, limitSettings } from '#shared/limits.ts'

const names = [
  'KAFKA_BROKERS',
  'REDIS_URL',
  'REDIS_SENTINELS',
  'REDIS_SENTINEL_MASTER',
  'TAILRACE_HOST',
  'TAILRACE_PORT',
  'TAILRACE_ADMIN_HOST',
  'TAILRACE_ADMIN_PORT',
  'TAILRACE_INSTANCE_ID',
  'TAILRACE_PREFIX',
  'TAILRACE_PUBLISH_DEADLINE_MS',
  'TAILRACE_IDEMPOTENCY_WINDOW_MS',
  'TAILRACE_PRODUCE_LANES',
  'TAILRACE_PRODUCE_ENCODER',
  'TAILRACE_SHUTDOWN_GRACE_MS',
  'TAILRACE_LOG_LEVEL',
  ...(Object.keys(limitSettings) as (keyof Limits)[]),
] as const

export type ProducerConfig = Config<(typeof names)[number]>

const defaultPort = 8080

/** Everything the producer reads from the environment; throws once, naming every bad variable. */
export function readProducerConfig(env: NodeJS.ProcessEnv): ProducerConfig {
  const config = readConfig(names, env)
  return { ...config, TAILRACE_PORT: config.TAILRACE_PORT === 0 ? defaultPort : config.TAILRACE_PORT }
}
