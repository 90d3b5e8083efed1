import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Job, type JobState, jobAnswerOf } from '#shared/catalog/job-schema.ts'

const at = '2026-11-21T10:00:00.000Z'
const job: Job = {
  ...{ id: 'job_0123456789', kind: 'redrive', request: {}, subscription: 'billing', uid: 'u1', select: null },
  ...{
    from: {},
    ends: {},
    filter: null,
    subscriptionFilter: null,
    matched: 40,
    ratePerSecond: 50,
    createdBy: 'key k',
    createdAt: at,
    cancelledAt: null,
  },
  revision: 1,
}
const running: JobState = {
  ...{ id: job.id, state: 'running', runner: 'one', done: 10, delivered: 9, deadLettered: 1 },
  ...{ perSecond: 20, cursor: {}, error: null, finishedAt: null },
}
const shown = (some: Partial<Job>, known?: JobState) => {
  const { state, done, etaSeconds, finishedAt, error } = jobAnswerOf({ ...job, ...some }, known)
  return { state, done, etaSeconds, finishedAt, error }
}
const nothing = { done: 0, etaSeconds: null, finishedAt: null, error: null }

test('a job is what its runner says, but for a cancel, which counts at once', () => {
  const cancelledAt = '2026-11-21T10:00:05.000Z'
  const finished = { ...running, state: 'finished', done: 40, finishedAt: '2026-11-21T10:00:02.000Z' }
  const failed = { ...finished, state: 'failed', error: 'subscription billing was deleted' }
  const cases: [string, Partial<Job>, JobState | undefined, object][] = [
    ['queued', {}, undefined, { ...nothing, state: 'queued' }],
    ['running', {}, running, { ...nothing, state: 'running', done: 10, etaSeconds: 2 }],
    ['running, rate unknown', {}, { ...running, perSecond: 0 }, { ...nothing, state: 'running', done: 10 }],
    [
      'cancelled before it began',
      { cancelledAt },
      undefined,
      { ...nothing, state: 'cancelled', finishedAt: cancelledAt },
    ],
    ['cancelled', { cancelledAt }, running, { ...nothing, state: 'cancelled', done: 10, finishedAt: cancelledAt }],
    ['finished', {}, finished, { ...nothing, state: 'finished', done: 40, finishedAt: finished.finishedAt }],
    [
      'cancelled too late',
      { cancelledAt },
      finished,
      { ...nothing, state: 'finished', done: 40, finishedAt: finished.finishedAt },
    ],
    [
      'failed',
      {},
      failed,
      { ...nothing, state: 'failed', done: 40, finishedAt: finished.finishedAt, error: failed.error },
    ],
  ]
  for (const [name, some, known, expected] of cases) assert.deepEqual(shown(some, known), expected, name)
})
