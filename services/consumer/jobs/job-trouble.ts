import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from '#shared/catalog/job-schema.ts'
import { TailraceError } from '#shared/errors.ts'
import type { JobEnvironment } from './environment.ts'

/** What is done about an error on the way: Kafka comes back, anything else is a bug of ours. */
export type JobTrouble = {
  report(error: unknown): void
  /** Reports it, and gives it time. */
  outlast(error: unknown): Promise<void>
}

const againAfterMs = 500

export function jobTrouble(
  { jobTelemetry, onBroken }: Pick<JobEnvironment, 'jobTelemetry' | 'onBroken'>,
  { id }: Pick<Job, 'id'>,
): JobTrouble {
  const report = (error: unknown) => {
    if (error instanceof TailraceError) jobTelemetry.delayed(id, error)
    else onBroken(error)
  }
  return {
    report,
    async outlast(error) {
      report(error)
      await sleep(againAfterMs)
    },
  }
}
