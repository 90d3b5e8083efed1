import { type Config, readConfig } from '#shared/config.ts'
import { announceReady, type Resources, untilStopped, withResources } from '#shared/lifecycle.ts'
import { startAdminServer } from '#shared/observability/admin-server.ts'
import { createLogger, flushLog, type Log } from '#shared/observability/log.ts'
import { createMetrics } from '#shared/observability/metrics.ts'

const names = [
  'TAILRACE_HOST',
  'TAILRACE_PORT',
  'TAILRACE_ADMIN_HOST',
  'TAILRACE_ADMIN_PORT',
  'TAILRACE_INSTANCE_ID',
  'TAILRACE_ADMIN_KEY',
  'TAILRACE_PUBLISH_URL',
  'TAILRACE_CONSOLE_URL',
  'TAILRACE_DEMO_URL',
  'TAILRACE_DEMO_SECRET',
  'TAILRACE_SHUTDOWN_GRACE_MS',
  'TAILRACE_LOG_LEVEL',
] as const

export type DemoConfig = Config<(typeof names)[number]>
export type DemoParts = { config: DemoConfig; log: Log; resources: Resources }

/** Runs a process of the demo like any service: settings, log, admin port, clean stop. `open` starts what it does. */
export async function runDemoProcess(name: string, open: (parts: DemoParts) => void | Promise<void>): Promise<never> {
  const config = readConfig(names, process.env)
  const log = createLogger(name, { level: config.TAILRACE_LOG_LEVEL, instance: config.TAILRACE_INSTANCE_ID })
  const report = (resource: string, err: unknown) => log.warn({ err, resource }, 'did not close')
  const service = await withResources(report, async (resources) => {
    const { TAILRACE_ADMIN_HOST: host, TAILRACE_ADMIN_PORT: port } = config
    const admin = await startAdminServer({ host, port, metrics: createMetrics(), ready: () => [] })
    resources.defer('admin', admin.close)
    await open({ config, log, resources })
    announceReady(admin.url)
    const stopped = Promise.withResolvers<void>()
    return { finished: stopped.promise, stop: () => resources.close().then(stopped.resolve) }
  })
  return untilStopped(service, { graceMs: config.TAILRACE_SHUTDOWN_GRACE_MS, log, flush: () => flushLog(log) })
}
