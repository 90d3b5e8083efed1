import type { RedisConnection } from './connection.ts'
import { keyName } from './key-name.ts'

/** What a produce lane shows of itself. */
export type LaneReport = { topic: string; partition: number; state: 'open' | 'broken' }

/** One partition of a subscription as its owner sees it. Offsets; `committed` is null before the first commit. */
export type PairReport = {
  partition: number
  committed: number | null
  end: number
  inFlight: number
  queued: number
  blockedKeys: number
  /** Deliveries under way, the first of many; versions before did not report them. */
  delivering?: { offset: number; attempts: number; firstAttemptAtMs: number | null }[]
}

/** What an instance still has to do for a subscription. Times are broker times, ms; null: nothing waits. */
export type Standing = {
  /** Not delivered yet, waiting for a later attempt included. */
  lagEvents: number
  /** Of the event at the committed position: retention can reach it. */
  oldestInStreamMs: number | null
  /** The same, events in the retry topic included. */
  oldestMs: number | null
  /** Events that were read again and not delivered again, since this instance has its partitions. */
  suppressed: number
}

/** One target as one instance sees it. Versions that had a single target report no `healthy`. */
export type TargetReport = {
  url: string
  breaker: 'closed' | 'half-open' | 'open'
  lastError: string | null
  healthy?: boolean
}

/** One subscription as one consumer instance sees it. */
export type SubscriptionReport = {
  uid: string
  name: string
  phase: 'starting' | 'active' | 'held' | 'paused' | 'failed'
  reason: string | null
  since: string
  nextProbeAt: string | null
  pairs: PairReport[]
  retrying: number
  targets: TargetReport[]
  delivered: number
  standing: Standing
}

/** One process: its heartbeat and its part of `/v1/state`. */
export type InstanceReport = {
  id: string
  service: 'producer' | 'consumer' | 'console'
  version: string
  pid: number
  startedAt: string
  /** When the report was made (RFC 3339); older than 5 s means the instance is gone. */
  at: string
  ready: boolean
  rssBytes: number
  loopDelayMs: number
  lanes?: LaneReport[]
  subscriptions?: SubscriptionReport[]
}

const intervalMs = 1_000
const freshMs = 5_000
/** A field whose instance is silent this long is removed by whoever reads the hash. */
const forgetMs = 60_000

const hash = (prefix: string) => keyName(prefix, 'instances')

export type Reporting = { close(): Promise<void> }

type ReportingOptions = { redis: RedisConnection; prefix: string; report: () => InstanceReport }

/** Writes the report of this process once a second; a clean close removes it at once. Without Redis nothing happens. */
export function startReporting({ redis, prefix, report }: ReportingOptions): Reporting {
  const key = hash(prefix)
  let id: string | undefined
  const beat = () => {
    const now = report()
    id = now.id
    return redis.tryRun((client) => client.hset(key, now.id, JSON.stringify(now)))
  }
  void beat()
  const timer = setInterval(beat, intervalMs)
  return {
    async close() {
      clearInterval(timer)
      const field = id
      if (field !== undefined) await redis.tryRun((client) => client.hdel(key, field))
    },
  }
}

/** The reports of all living instances, or null when Redis cannot be asked. */
export async function readInstances(
  redis: RedisConnection,
  prefix: string,
  nowMs: number,
): Promise<InstanceReport[] | null> {
  const key = hash(prefix)
  const fields = await redis.tryRun((client) => client.hgetall(key))
  if (fields === null) return null
  const reports = Object.values(fields).flatMap(parse)
  const forgotten = reports.filter((report) => nowMs - Date.parse(report.at) > forgetMs).map((report) => report.id)
  if (forgotten.length > 0) void redis.tryRun((client) => client.hdel(key, ...forgotten))
  return reports.filter((report) => nowMs - Date.parse(report.at) <= freshMs).sort((a, b) => (a.id < b.id ? -1 : 1))
}

function parse(text: string): InstanceReport[] {
  try {
    const report: Partial<InstanceReport> | null = JSON.parse(text)
    return typeof report?.at === 'string' && typeof report.id === 'string' ? [report as InstanceReport] : []
  } catch {
    // another version's field: it is not ours to judge, and it expires by itself
    return []
  }
}
