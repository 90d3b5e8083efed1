import { type Config, ConfigError, readConfig } from '#shared/config.ts'
import type { Limits } from '#shared/limits.ts'
import { limitSettings } from '#shared/limits.ts'
import type { SettingName } from '#shared/settings.ts'

const names = [
  ...(['KAFKA_BROKERS', 'REDIS_URL', 'REDIS_SENTINELS', 'REDIS_SENTINEL_MASTER'] as const),
  ...(['TAILRACE_HOST', 'TAILRACE_PORT', 'TAILRACE_ADMIN_HOST', 'TAILRACE_ADMIN_PORT'] as const),
  ...(['TAILRACE_INSTANCE_ID', 'TAILRACE_PREFIX', 'TAILRACE_MASTER_KEY', 'TAILRACE_EGRESS_ALLOW'] as const),
  ...(['TAILRACE_PUBLISH_URL', 'TAILRACE_CONSOLE_URL', 'TAILRACE_SHUTDOWN_GRACE_MS', 'TAILRACE_LOG_LEVEL'] as const),
  ...(['TAILRACE_INDEX_DIR', 'TAILRACE_INDEX_RETENTION_MS', 'TAILRACE_INDEX_BYTES'] as const),
  ...(Object.keys(limitSettings) as (keyof Limits)[]),
] satisfies SettingName[]

export type ConsoleConfig = Config<(typeof names)[number]>

const defaultPort = 8090

/** The settings of the console. Throws a ConfigError that names every fault; it needs the master key. */
export function readConsoleConfig(env: NodeJS.ProcessEnv): ConsoleConfig {
  const config = readConfig(names, env)
  if (config.TAILRACE_MASTER_KEY === '') {
    throw new ConfigError(['TAILRACE_MASTER_KEY is not set: 32 bytes in base64, or TAILRACE_MASTER_KEY_FILE'])
  }
  return { ...config, TAILRACE_PORT: config.TAILRACE_PORT === 0 ? defaultPort : config.TAILRACE_PORT }
}

/** The limits alone: they are shown to every caller, and the other settings hold secrets. */
export function limitsOf(config: ConsoleConfig): Limits {
  const names = Object.keys(limitSettings) as (keyof Limits)[]
  return Object.fromEntries(names.map((name) => [name, config[name]])) as Limits
}
