import type { TSchema } from 'typebox'
import { jobAnswer } from '#shared/catalog/job-schema.ts'
import type { Console } from '../context.ts'
import { documented } from '../docs.ts'
import { showJob, showJobs } from '../job-answer.ts'
import {
  discardRequest,
  dryRunAnswer,
  readDiscard,
  readRedrive,
  readReplay,
  redriveRequest,
  replayRequest,
} from '../job-requests.ts'
import { cancelJob, createJob, jobsOf, planDiscard, planRedrive, planReplay, planRetry, requireJob } from '../jobs.ts'
import { pageOf, pageQuery } from '../page.ts'
import { retryAnswer, retryWaiting } from '../retry-waiting.ts'
import { type Answer, listOf, param, type Route, type RouteRequest } from '../route.ts'

const tag = 'jobs'
type Plan = Parameters<typeof createJob>[1]

const orderKept =
  'In order per key among themselves, not against live events; with their webhook-id and the header tailrace-replay.'

export function jobRoutes(console: Console): Route[] {
  return [
    {
      ...{ method: 'POST', path: '/v1/redrives', operationId: 'redrive', tag, scope: 'operate' },
      summary: `Deliver dead letters again. ${orderKept}`,
      ...{ body: redriveRequest, answers: started('Dead letters that would be delivered.') },
      async handle({ body, caller }) {
        const request = readRedrive(body)
        return await planned(console, await planRedrive(console, request), { ...request, caller })
      },
    },
    {
      ...{ method: 'POST', path: '/v1/replays', operationId: 'replay', tag, scope: 'operate' },
      summary: `Deliver past events of its stream to a subscription again. ${orderKept}`,
      ...{
        body: replayRequest,
        answers: started('Events of the range that pass its filter and that of the subscription.'),
      },
      async handle({ body, caller }) {
        const request = readReplay(body)
        return await planned(console, await planReplay(console, request), { ...request, caller })
      },
    },
    {
      ...{ method: 'POST', path: '/v1/discards', operationId: 'discard', tag, scope: 'operate' },
      summary: 'Give dead letters up: they are no longer listed nor redriven',
      ...{ body: discardRequest, answers: started('Dead letters that would be given up.') },
      async handle({ body, caller }) {
        const request = readDiscard(body)
        return await planned(console, await planDiscard(console, request), { ...request, caller })
      },
    },
    {
      ...{ method: 'POST', path: '/v1/deliveries/{id}/retry', operationId: 'retryDelivery', tag, scope: 'operate' },
      summary: 'Deliver one dead letter again, or try one that waits for a later attempt now',
      answers: { 202: { description: 'A consumer will do it.', schema: retryAnswer } },
      handle: ({ params, caller }) => retry(console, params.id ?? '', caller),
    },
    {
      ...{ method: 'GET', path: '/v1/jobs', operationId: 'listJobs', tag, scope: 'read' },
      summary: 'List jobs',
      query: pageQuery,
      answers: documented.many(listOf(jobAnswer)),
      async handle({ query }) {
        const { items, next } = pageOf(jobsOf(console), query, ({ id }) => id).map((job) => job)
        return { status: 200, body: { items: await showJobs(console, items), next } }
      },
    },
    {
      ...{ method: 'GET', path: '/v1/jobs/{id}', operationId: 'getJob', tag, scope: 'read' },
      summary: 'Read a job',
      answers: current(jobAnswer),
      handle: async (request) => ({
        status: 200,
        body: await showJob(console, requireJob(console, param(request, 'id'))),
      }),
    },
    {
      ...{ method: 'POST', path: '/v1/jobs/{id}/cancel', operationId: 'cancelJob', tag, scope: 'operate' },
      summary: 'End a job; what it has done stays done',
      answers: current(jobAnswer),
      async handle(request) {
        return { status: 200, body: await showJob(console, await cancelJob(console, param(request, 'id'))) }
      },
    },
  ]
}

const current = (schema: TSchema): Route['answers'] => ({ 200: { description: 'As it is now.', schema } })

const started = (counted: string): Route['answers'] => ({
  200: { description: `A dry run. ${counted}`, schema: dryRunAnswer },
  202: { description: 'A consumer will do it; Location names the job.', schema: jobAnswer },
})

type Asked = { dryRun: boolean; caller: RouteRequest['caller'] }

async function planned(console: Console, plan: Plan, { dryRun, caller }: Asked): Promise<Answer> {
  if (dryRun) return { status: 200, body: plan.estimate }
  const job = await createJob(console, plan, caller.keyId)
  return { status: 202, body: await showJob(console, job), headers: { location: `/v1/jobs/${job.id}` } }
}

/** A dead letter is redriven by a job of its own; one that waits is only tried earlier. */
async function retry(console: Console, id: string, caller: RouteRequest['caller']): Promise<Answer> {
  const plan = await planRetry(console, id)
  if (plan === null) {
    await retryWaiting(console, id)
    return { status: 202, body: { id, job: null } }
  }
  const job = await createJob(console, plan, caller.keyId)
  return { status: 202, body: { id, job: job.id }, headers: { location: `/v1/jobs/${job.id}` } }
}
