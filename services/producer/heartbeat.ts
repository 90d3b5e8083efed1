import type { ProduceLanes } from '#shared/kafka/lanes.ts'
import type { ProcessStats } from '#shared/observability/process-stats.ts'
import type { InstanceReport } from '#shared/redis/instances.ts'
import { version } from '#shared/version.ts'

type Options = { id: string; lanes: ProduceLanes; stats: ProcessStats; ready: () => boolean }

/** What this instance says of itself, once a second. */
export function createReport({ id, lanes, stats, ready }: Options): () => InstanceReport {
  const startedAt = new Date().toISOString()
  return () => ({
    id,
    service: 'producer',
    version,
    pid: process.pid,
    startedAt,
    at: new Date().toISOString(),
    ready: ready(),
    rssBytes: stats.rssBytes(),
    loopDelayMs: stats.loopDelayMs(),
    lanes: lanes.snapshot().map(({ topic, partition, state }) => ({ topic, partition, state })),
  })
}
