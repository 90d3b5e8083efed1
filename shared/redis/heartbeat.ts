import type { Resources } from '../lifecycle.ts'
import { watchProcess } from '../observability/process-stats.ts'
import { version } from '../version.ts'
import type { RedisConnection } from './connection.ts'
import { type InstanceReport, startReporting } from './instances.ts'

export type HeartbeatOptions = {
  redis: RedisConnection
  prefix: string
  id: string
  service: InstanceReport['service']
  ready(): boolean
  /** What this service adds to the report of every process. */
  more?(): Pick<InstanceReport, 'lanes' | 'subscriptions'>
}

/** Tells the others once a second that this instance lives and how it fares, until `resources` close. */
export function openHeartbeat(
  resources: Resources,
  { redis, prefix, id, service, ready, more }: HeartbeatOptions,
): void {
  const stats = watchProcess()
  resources.defer('process statistics', () => stats.close())
  const startedAt = new Date().toISOString()
  const report = (): InstanceReport => ({
    id,
    service,
    version,
    pid: process.pid,
    startedAt,
    at: new Date().toISOString(),
    ready: ready(),
    rssBytes: stats.rssBytes(),
    loopDelayMs: stats.loopDelayMs(),
    ...more?.(),
  })
  const reporting = startReporting({ redis, prefix, report })
  resources.defer('heartbeat', () => reporting.close())
}
