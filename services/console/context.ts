import type { Provisioning } from '#shared/catalog/create-stream.ts'
import type { SecretBox } from '#shared/catalog/secrets.ts'
import type { StreamOf } from '#shared/delivery/dead-letter-record.ts'
import type { EgressGuard } from '#shared/delivery/egress.ts'
import type { TargetMetrics } from '#shared/delivery/target-client.ts'
import { TailraceError } from '#shared/errors.ts'
import type { ProduceLanes } from '#shared/kafka/lanes.ts'
import type { Limits } from '#shared/limits.ts'
import type { Log } from '#shared/observability/log.ts'
import type { RedisConnection } from '#shared/redis/connection.ts'
import type { ClusterMonitor } from './cluster-monitor.ts'
import type { DeadLetterIndex } from './dead-letter-index.ts'
import type { Removal } from './removal.ts'
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
  streamOf: StreamOf
  targetMetrics: TargetMetrics
  /** For topics that subscriptions deliver to. */
  destinationLanes: ProduceLanes
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

const catchUpMs = 5_000

/**
 * Runs one change alone in this process and on a catalog read to its end, so that what it checks is true when it writes.
 * Another console may still come between: the write itself tells (`revision-conflict`).
 */
export async function change<T>({ writer, catalog }: Pick<Console, 'writer' | 'catalog'>, work: () => Promise<T>) {
  return await writer(async () => {
    if (await catalog.catchUp(catchUpMs)) return await work()
    const detail = `the catalog topic could not be read to its end within ${catchUpMs} ms; nothing was changed`
    throw new TailraceError('kafka-unavailable', detail, { retryAfterMs: 1_000 })
  })
}
