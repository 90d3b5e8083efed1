import type { Job, JobState } from '#shared/catalog/job-schema.ts'

/** How long a job is kept that is over, and how many of them. A job may name 500 dead letters: that is 64 KiB. */
export const kept = { ms: 30 * 86_400_000, jobs: 1_000 }

type Known = { jobs(): readonly Job[]; jobState(id: string): JobState | undefined }

/** Ids of the jobs that are over and need not be known any more: older than 30 days, or beyond the last 1,000. */
export function oldJobs(catalog: Known, nowMs: number): string[] {
  const before = new Date(nowMs - kept.ms).toISOString()
  const over = catalog.jobs().flatMap(({ id, createdAt, cancelledAt }) => {
    const endedAt = catalog.jobState(id)?.finishedAt ?? cancelledAt
    return endedAt === null ? [] : [{ id, endedAt, createdAt }]
  })
  const newestFirst = over.sort((a, b) =>
    a.endedAt < b.endedAt ? 1 : a.endedAt > b.endedAt ? -1 : a.id < b.id ? 1 : -1,
  )
  return newestFirst.filter(({ endedAt }, index) => index >= kept.jobs || endedAt < before).map(({ id }) => id)
}
