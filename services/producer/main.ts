import { maskedConfig } from '#shared/config.ts'
import { announceReady, untilStopped } from '#shared/lifecycle.ts'
import { createLogger, flushLog } from '#shared/observability/log.ts'
import { readProducerConfig } from './config.ts'
import { startProducer } from './service.ts'

const config = readProducerConfig(process.env)
const log = createLogger('producer', { level: config.TAILRACE_LOG_LEVEL, instance: config.TAILRACE_INSTANCE_ID })
log.info({ config: maskedConfig(config) }, 'starting')
const service = await startProducer(config, log)
announceReady(service.adminUrl)
await untilStopped(service, { graceMs: config.TAILRACE_SHUTDOWN_GRACE_MS, log, flush: () => flushLog(log) })
