import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job, JobState } from '#shared/catalog/job-schema.ts'
import type { Subscription } from '#shared/catalog/model.ts'
import type { InstanceReport } from '#shared/redis/instances.ts'
import type { Console } from '../../../services/console/context.ts'
import { waitsFor } from '../../../services/console/job-answer.ts'

const jobNamed = (id: string, more: Partial<Job> = {}) =>
  ({ id, kind: 'replay', subscription: 'billing', uid: 'u1', cancelledAt: null, ...more }) as Job
const active = { name: 'billing', uid: 'u1', paused: false, heldAt: null, resumedAt: null, updatedAt: 'then' }

type World = {
  jobs?: Job[]
  subscription?: Partial<Subscription>
  states?: Record<string, Partial<JobState>>
  reason?: string
}

function consoleOf({ jobs = [], subscription = {}, states = {}, reason }: World) {
  const catalog = {
    jobs: () => jobs,
    jobState: (id: string) => states[id],
    subscriptionByUid: (uid: string) => (uid === 'u1' ? { ...active, ...subscription } : undefined),
    state: () => (reason === undefined ? undefined : { reason, since: 'now' }),
  }
  return { catalog, monitor: { last: () => undefined } } as unknown as Pick<Console, 'catalog' | 'monitor'>
}

const reports = (phase: string, reason: string | null) =>
  [{ subscriptions: [{ uid: 'u1', phase, reason, nextProbeAt: null, since: 'now' }] }] as unknown as InstanceReport[]

test('a job says what it waits for: its subscription, or the job before it', () => {
  const job = jobNamed('job_2')
  const cases: [string, World, InstanceReport[] | null, string | null][] = [
    ['nothing', {}, reports('active', null), null],
    ['it starts', {}, null, null],
    ['paused', { subscription: { paused: true } }, null, 'subscription billing is paused (operator)'],
    ['held', {}, reports('held', 'all-targets-failing'), 'subscription billing is held (all-targets-failing)'],
    ['failed', { reason: 'filter-unusable' }, null, 'subscription billing is failed (filter-unusable)'],
    ['its turn', { jobs: [job, jobNamed('job_1')] }, null, 'job_1 of the same subscription comes first'],
    ['over', { states: { job_2: { finishedAt: 'now' } }, subscription: { paused: true } }, null, null],
    ['the other is over', { jobs: [jobNamed('job_1')], states: { job_1: { finishedAt: 'now' } } }, null, null],
    ['of another one', { jobs: [jobNamed('job_1', { subscription: 'audit' })] }, null, null],
  ]
  for (const [name, world, instances, expected] of cases) {
    assert.equal(waitsFor(consoleOf(world), job, instances), expected, name)
  }
  const discard = jobNamed('job_2', { kind: 'discard' })
  assert.equal(waitsFor(consoleOf({ subscription: { paused: true } }), discard, null), null)
})
