import { type Config, ConfigError, readConfig } from '#shared/config.ts'
import type { SettingName } from '#shared/settings.ts'

const names = [
  'KAFKA_BROKERS',
  'REDIS_URL',
  'REDIS_SENTINELS',
  'REDIS_SENTINEL_MASTER',
  'TAILRACE_ADMIN_HOST',
  'TAILRACE_ADMIN_PORT',
  'TAILRACE_INSTANCE_ID',
  'TAILRACE_PREFIX',
  'TAILRACE_MASTER_KEY',
  'TAILRACE_EGRESS_ALLOW',
  'TAILRACE_SESSION_TIMEOUT_MS',
  'TAILRACE_EVICT_PEERS',
  'TAILRACE_ACK_CACHE',
  'TAILRACE_LAGGING_AFTER_MS',
  'TAILRACE_SHUTDOWN_GRACE_MS',
  'TAILRACE_LOG_LEVEL',
] as const satisfies SettingName[]

export type ConsumerConfig = Config<(typeof names)[number]>

/** The settings of the consumer. Throws a ConfigError that names every fault; signing needs the master key. */
export function readConsumerConfig(env: NodeJS.ProcessEnv): ConsumerConfig {
  const config = readConfig(names, env)
  if (config.TAILRACE_MASTER_KEY !== '') return config
  throw new ConfigError(['TAILRACE_MASTER_KEY is not set: 32 bytes in base64, or TAILRACE_MASTER_KEY_FILE'])
}
