import type { Resources } from '../lifecycle.ts'
import { watchProcess } from '../observability/process-stats.ts'
import { version } from '../version.ts'
import { startBeating } from './beats.ts'
import type { RedisConnection } from './connection.ts'
import { type InstanceReport, startReporting } from './instances.ts'

export type HeartbeatOptions = {
  redis: RedisConnection
  prefix: string
  id: string
  /** Of the Kafka connection: role, instance and boot id. */
  clientId: string
  service: InstanceReport['service']
  ready(): boolean
  /** What this service adds to the report of every process. */
  more?(): Pick<InstanceReport, 'lanes' | 'subscriptions'>
}

/** Tells the others that this instance lives, and once a second how it fares, until `resources` close. */
export function openHeartbeat(
  resources: Resources,
  { redis, prefix, id, clientId, service, ready, more }: HeartbeatOptions,
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
  resources.defer('reports', () => reporting.close())
  const beating = startBeating({ redis, prefix, clientId })
  resources.defer('heartbeat', () => beating.close())
}
