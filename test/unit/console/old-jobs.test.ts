import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job, JobState } from '#shared/catalog/job-schema.ts'
import { kept, oldJobs } from '../../../services/console/old-jobs.ts'

const nowMs = Date.parse('2026-11-21T10:00:00.000Z')
const dayMs = 86_400_000
const ago = (days: number) => new Date(nowMs - days * dayMs).toISOString()

type Some = { id: string; createdAt: string; cancelledAt?: string; finishedAt?: string }

const catalogOf = (jobs: readonly Some[]) => ({
  jobs: () => jobs.map(({ id, createdAt, cancelledAt = null }) => ({ id, createdAt, cancelledAt }) as Job),
  jobState: (id: string) => {
    const finishedAt = jobs.find((job) => job.id === id)?.finishedAt
    return finishedAt === undefined ? undefined : ({ finishedAt } as JobState)
  },
})

test('a job that is over is kept for 30 days, one that is not for ever', () => {
  const jobs = [
    { id: 'ended long ago', createdAt: ago(50), finishedAt: ago(31) },
    { id: 'cancelled long ago', createdAt: ago(50), cancelledAt: ago(40) },
    { id: 'ended lately', createdAt: ago(50), finishedAt: ago(29) },
    { id: 'cancelled lately', createdAt: ago(50), cancelledAt: ago(1) },
    { id: 'not over', createdAt: ago(400) },
  ]
  assert.deepEqual(oldJobs(catalogOf(jobs), nowMs).sort(), ['cancelled long ago', 'ended long ago'])
})

test('of many jobs that are over the last ones are kept', () => {
  const over = Array.from({ length: kept.jobs + 3 }, (_, at) => ({
    id: `job_${at}`,
    createdAt: ago(2),
    finishedAt: ago(1 + at / 1e4),
  }))
  const running = Array.from({ length: 5 }, (_, at) => ({ id: `running_${at}`, createdAt: ago(9) }))
  assert.deepEqual(
    oldJobs(catalogOf([...running, ...over]), nowMs),
    [0, 1, 2].map((at) => `job_${kept.jobs + at}`),
  )
})
