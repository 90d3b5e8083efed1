import type { Resources } from '#shared/lifecycle.ts'
import { watchProcess } from '#shared/observability/process-stats.ts'
import { startHeartbeat } from '#shared/redis/instances.ts'
import { version } from '#shared/version.ts'
import type { Console } from './context.ts'

type Options = { console: Console; resources: Resources; ready: () => boolean }

/** Tells the others once a second that this instance lives. */
export function openHeartbeat({ console, resources, ready }: Options): void {
  const { instance: id, redis, prefix } = console
  const stats = watchProcess()
  resources.defer('process statistics', () => stats.close())
  const startedAt = new Date().toISOString()
  const heartbeat = startHeartbeat({
    redis,
    prefix,
    report: () => ({
      ...{ id, service: 'console', version, pid: process.pid, startedAt, at: new Date().toISOString() },
      ...{ ready: ready(), rssBytes: stats.rssBytes(), loopDelayMs: stats.loopDelayMs() },
    }),
  })
  resources.defer('heartbeat', () => heartbeat.close())
}
