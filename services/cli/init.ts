import { openResources } from '#shared/lifecycle.ts'
import { createLogger, flushLog } from '#shared/observability/log.ts'
import { readInitConfig } from './init/config.ts'
import { initialize } from './init/initialize.ts'
import { runTask } from './task.ts'

const graceMs = 5_000

const config = readInitConfig(process.env)
const log = createLogger('init', { level: config.TAILRACE_LOG_LEVEL, instance: config.TAILRACE_INSTANCE_ID })

await runTask(graceMs, async (signal) => {
  const resources = openResources((name, error) => log.warn({ resource: name, err: error }, 'a resource did not close'))
  try {
    await initialize({ config, log, resources, signal })
  } finally {
    await resources.close()
    flushLog(log)
  }
})
