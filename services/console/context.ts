import type { Provisioning } from '#shared/catalog/create-stream.ts'
import type { SecretBox } from '#shared/catalog/secrets.ts'
import { inTurn } from '#shared/catalog/turns.ts'
import type { StreamOf } from '#shared/delivery/dead-letter-record.ts'
import type { EgressGuard } from '#shared/delivery/egress.ts'
import type { TargetMetrics } from '#shared/delivery/target-client.ts'
import type { ProduceLanes } from '#shared/kafka/lanes.ts'
import type { Limits } from '#shared/limits.ts'
import type { Log } from '#shared/observability/log.ts'
import type { RedisConnection } from '#shared/redis/connection.ts'
import type { Audit } from './audit.ts'
import type { Availability } from './availability.ts'
import type { ClusterMonitor } from './cluster-monitor.ts'
import type { DeadLetterIndex } from './dead-letter-index.ts'
import type { SearchIndex } from './index/search-index.ts'
import type { Removal } from './removal.ts'
import type { SessionCookie } from './session/cookie.ts'
import type { FailedSignIns } from './session/failed-sign-ins.ts'
import type { Sessions } from './session/sessions.ts'
import type { ConsoleTelemetry } from './telemetry.ts'

/** What the use cases of the console work with; made once by the service. */
export type Console = Provisioning & {
  box: SecretBox
  egress: EgressGuard
  limits: Limits
  redis: RedisConnection
  monitor: ClusterMonitor
  removal: Removal
  deadLetters: DeadLetterIndex
  index: SearchIndex
  audit: Audit
  availability: Availability
  streamOf: StreamOf
  targetMetrics: TargetMetrics
  /** For topics that subscriptions deliver to. */
  destinationLanes: ProduceLanes
  sessions: Sessions
  cookie: SessionCookie
  failedSignIns: FailedSignIns
  instance: string
  telemetry: ConsoleTelemetry
  log: Log
  /** Start of the names of topics, groups and Redis keys. */
  prefix: string
  publishUrl: string
  consoleUrl: string
  /** One writer at a time in this process. */
  writer: Writer
}

export type Writer = <T>(work: () => Promise<T>) => Promise<T>

/** Runs what it is given one after the other, in the order of the calls. */
export function createWriter(): Writer {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }
}

/** Runs one change after the other in this process, and each in a turn among all consoles (see `inTurn`). */
export async function change<T>({ writer, catalog }: Pick<Console, 'writer' | 'catalog'>, work: () => Promise<T>) {
  return await writer(() => inTurn(catalog, work))
}
