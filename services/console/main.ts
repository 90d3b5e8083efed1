import { maskedConfig } from '#shared/config.ts'
import { announceReady, untilStopped } from '#shared/lifecycle.ts'
import { createLogger, flushLog } from '#shared/observability/log.ts'
import { readConsoleConfig } from './config.ts'
import { startConsole } from './service.ts'

const config = readConsoleConfig(process.env)
const log = createLogger('console', { level: config.TAILRACE_LOG_LEVEL, instance: config.TAILRACE_INSTANCE_ID })
log.info({ config: maskedConfig(config) }, 'starting')
const service = await startConsole(config, log)
announceReady(service.adminUrl)
await untilStopped(service, { graceMs: config.TAILRACE_SHUTDOWN_GRACE_MS, log, flush: () => flushLog(log) })
