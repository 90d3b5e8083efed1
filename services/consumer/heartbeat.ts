import type { ProcessStats } from '#shared/observability/process-stats.ts'
import type { InstanceReport } from '#shared/redis/instances.ts'
import { version } from '#shared/version.ts'
import type { RunnerSet } from './reconcile.ts'

type Options = { id: string; runners: RunnerSet; stats: ProcessStats; ready: () => boolean }

/** What this instance says of itself, once a second. */
export function createReport({ id, runners, stats, ready }: Options): () => InstanceReport {
  const startedAt = new Date().toISOString()
  return () => ({
    id,
    service: 'consumer',
    version,
    pid: process.pid,
    startedAt,
    at: new Date().toISOString(),
    ready: ready(),
    rssBytes: stats.rssBytes(),
    loopDelayMs: stats.loopDelayMs(),
    subscriptions: runners.reports(),
  })
}
