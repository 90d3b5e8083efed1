import { type Job, type JobAnswer, jobAnswerOf } from '#shared/catalog/job-schema.ts'
import { type InstanceReport, readInstances } from '#shared/redis/instances.ts'
import type { Console } from './context.ts'
import { isUnfinished } from './jobs.ts'
import { phaseOf, reportsOn } from './subscription-status.ts'

/** Jobs as the API shows them, with what the unfinished ones wait for. */
export async function showJobs(console: Console, jobs: readonly Job[]): Promise<JobAnswer[]> {
  const instances = await instancesFor(console, jobs)
  return jobs.map((job) => answerOf(console, job, instances))
}

export async function showJob(console: Console, job: Job): Promise<JobAnswer> {
  return answerOf(console, job, await instancesFor(console, [job]))
}

/** Nobody is asked about jobs that are over. */
async function instancesFor(console: Console, jobs: readonly Job[]): Promise<InstanceReport[] | null> {
  if (!jobs.some((job) => isUnfinished(console, job))) return null
  return await readInstances(console.redis, console.prefix, Date.now())
}

const answerOf = (console: Console, job: Job, instances: readonly InstanceReport[] | null) =>
  jobAnswerOf(job, console.catalog.jobState(job.id), waitsFor(console, job, instances))

type Known = Pick<Console, 'catalog' | 'monitor'>

/** Null: for nothing that can be told; it goes on, or ends by itself. */
export function waitsFor(console: Known, job: Job, instances: readonly InstanceReport[] | null): string | null {
  if (!isUnfinished(console, job)) return null
  const { catalog } = console
  const isBefore = (other: Job) =>
    other.subscription === job.subscription && other.id < job.id && isUnfinished(console, other)
  const first = catalog.jobs().filter(isBefore).at(-1)
  if (first !== undefined) return `${first.id} of the same subscription comes first`
  const subscription = catalog.subscriptionByUid(job.uid ?? '')
  if (job.kind === 'discard' || subscription === undefined) return null
  const { phase, reason } = phaseOf(console, subscription, reportsOn(subscription, instances))
  if (phase !== 'held' && phase !== 'paused' && phase !== 'failed') return null
  return `subscription ${subscription.name} is ${phase}${reason === null ? '' : ` (${reason})`}`
}
