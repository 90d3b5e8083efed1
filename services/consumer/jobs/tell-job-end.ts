import type { Job } from '#shared/catalog/job-schema.ts'
import { jobFinished } from '#shared/catalog/ops/events.ts'
import type { JobEnvironment } from './environment.ts'
import type { Ending } from './progress.ts'
import type { JobCounts } from './source.ts'

/** Longer than another runner could take to find the same end. */
const toldMs = 10 * 60_000

/** Tells logs, metrics and operators how a job ended, which is written by then. */
export function tellJobEnd(
  { catalog, jobTelemetry, ops }: Pick<JobEnvironment, 'catalog' | 'jobTelemetry' | 'ops'>,
  { id, kind, matched, subscription: name, uid }: Job,
  came: JobCounts & Ending,
): void {
  jobTelemetry.ended(id, { kind, done: came.done, state: came.state, error: came.error })
  const known = catalog.subscriptionByUid(uid ?? '') ?? catalog.subscription(name)
  const about = { name, uid: known?.uid ?? uid ?? '', stream: known?.stream ?? '' }
  ops.raiseOnce(jobFinished(about, { id, kind, matched, ...came }), `job:${id}`, toldMs)
}
