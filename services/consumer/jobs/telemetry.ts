import type { Log } from '#shared/observability/log.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import type { JobEnding } from './source.ts'

/** Every business log line and metric of jobs. */
export type JobTelemetry = {
  started(job: string, facts: { kind: string; subscription: string; done: number; matched: number }): void
  ended(job: string, facts: { kind: string; state: string; done: number; error: string | null }): void
  /** It goes on elsewhere. */
  handedOver(job: string): void
  item(kind: string, ending: JobEnding): void
  /** Kafka does not answer now; it is tried again. */
  delayed(job: string, error: unknown): void
}

export function createJobTelemetry(log: Log, metrics: Metrics): JobTelemetry {
  const jobs = metrics.counter('jobs_total', 'Jobs that ended here, by kind and state.', ['kind', 'state'])
  const items = metrics.counter('job_deliveries_total', 'Deliveries of jobs by kind and outcome.', ['kind', 'outcome'])
  return {
    started: (job, facts) => log.info({ job, ...facts }, 'the job runs here'),
    ended(job, facts) {
      jobs.inc({ kind: facts.kind, state: facts.state })
      if (facts.state === 'failed') log.error({ job, ...facts }, 'the job ended')
      else log.info({ job, ...facts }, 'the job ended')
    },
    handedOver: (job) => log.info({ job }, 'the job no longer runs here'),
    item: (kind, outcome) => items.inc({ kind, outcome }),
    delayed: (job, error) => log.warn({ job, err: error }, 'the job waits for Kafka'),
  }
}
