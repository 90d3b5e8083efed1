import { type Config, readConfig } from '#shared/config.ts'
import type { SettingName } from '#shared/settings.ts'

const names = [
  ...(['KAFKA_BROKERS', 'TAILRACE_PREFIX', 'TAILRACE_SECRETS_DIR', 'TAILRACE_DEMO_URL'] as const),
  ...(['TAILRACE_MASTER_KEY', 'TAILRACE_ADMIN_KEY', 'TAILRACE_LOG_LEVEL', 'TAILRACE_INSTANCE_ID'] as const),
  'TAILRACE_ATTEMPTS_RETENTION_MS',
] satisfies SettingName[]

export type InitConfig = Config<(typeof names)[number]>

export function readInitConfig(env: NodeJS.ProcessEnv): InitConfig {
  return readConfig(names, env)
}
