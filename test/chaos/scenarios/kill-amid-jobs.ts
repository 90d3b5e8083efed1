import type { Api } from '../../support/api.ts'
import { untilHealthy } from '../../support/health.ts'
import { until } from '../../support/until.ts'
import { allowedDuplicates } from '../allowances.ts'
import { acknowledgedSequences, type Facts, receiptsOf, type Scope, succeeded } from '../check/facts.ts'
import { type Course, openExperiment } from '../experiment.ts'
import { killAll } from '../faults/signal.ts'
import { type Result, resultOf, type Stage, withFigure } from './scenario.ts'

type Job = { id: string; state: string; matched: number; done: number; delivered: number; deadLettered: number }

const ended = new Set(['finished', 'failed', 'canceled'])
/** The kill comes in the middle of jobs of this length. */
const jobSeconds = 20
const resumeCeilingMs = 180_000

/**
 * Every event of one subscription is a dead letter and is redriven; all events of another one are replayed. Everything is
 * killed at once in the middle, and both jobs must come to their end by themselves: each event delivered, in order per key.
 */
export async function killAmidJobs({ stack, load, round, signal }: Stage): Promise<Result> {
  await untilHealthy(stack)
  const refusing = { kind: 'answer', status: 422 } as const
  const experiment = await openExperiment(stack, { subscriptions: [{ mode: refusing }, {}] })
  try {
    const [refused, replayed] = experiment.courses
    if (refused === undefined || replayed === undefined) throw new Error('the run has too few subscriptions')
    const published = await experiment.publish(load).finished
    const wanted = published.acknowledged
    const { subscription } = refused.scope
    await until('all is dead-lettered', async () => {
      const dryRun = await ask<Job>(stack.api, '/v1/redrives', { select: { subscription }, dryRun: true })
      return dryRun.matched === wanted
    })
    await until('the other one has everything', () => replayed.receiver.progress().distinct === wanted)
    await refused.receiver.setMode({ kind: 'accept' })
    const ratePerSecond = Math.ceil(wanted / jobSeconds)
    const jobs = [
      await ask<Job>(stack.api, '/v1/redrives', { select: { subscription }, ratePerSecond }),
      await ask<Job>(stack.api, '/v1/replays', {
        ...{ subscription: replayed.scope.subscription, from: 'earliest', to: 'latest', ratePerSecond },
      }),
    ]
    const now = () => Promise.all(jobs.map(({ id }) => ask<Job>(stack.api, `/v1/jobs/${id}`)))
    await until('both are in the middle', async () => (await now()).every(({ done }) => done > wanted / 4))
    await killAll({ stack, experiment, round, signal }, 'kill-everything')
    const over = await until(
      'both are over',
      async () => {
        const found = await now()
        return found.every(({ state }) => ended.has(state)) && found
      },
      resumeCeilingMs,
    )
    const outcome = await experiment.conclude(Promise.resolve(published), {
      allowedDuplicates: (facts, scope) => wanted + allowedDuplicates(['kill-everything'])(facts, scope),
    })
    const twice = (course: Course) =>
      [...receiptsOf(outcome.facts, course.scope).values()].filter((some) => some.filter(succeeded).length > 1).length
    const text = over.map(({ state, delivered, matched }) => `${state}, ${delivered} of ${matched}`).join('; replay: ')
    const figure = `redrive: ${text}; redriven twice: ${twice(refused)}, replayed: ${twice(replayed)} of ${wanted}`
    return withFigure(resultOf(outcome), figure, [
      ...over.map((job) => complaintOf(job, wanted)),
      ...outOfOrder(outcome.facts, refused.scope),
      twice(replayed) < wanted ? `${wanted - twice(replayed)} events were not replayed` : '',
    ])
  } finally {
    if (!signal.aborted) await experiment.close()
  }
}

/** A job takes the events of a key one after the other; for the checkers they had ended before. */
function outOfOrder(facts: Facts, scope: Scope): string[] {
  const receipts = receiptsOf(facts, scope)
  const firstNs = (id: string) => Math.min(...(receipts.get(id) ?? []).filter(succeeded).map(({ ns }) => ns))
  return acknowledgedSequences(facts, scope.stream).flatMap((sequence) =>
    sequence.slice(1).flatMap(({ id }, index) => {
      const { id: before } = sequence[index] ?? { id: '' }
      return firstNs(id) < firstNs(before) ? [`${id} was redriven before ${before}`] : []
    }),
  )
}

function complaintOf({ id, state, matched, delivered }: Job, wanted: number): string {
  if (state === 'finished' && matched === wanted && delivered === wanted) return ''
  return `job ${id}: ${state}, ${delivered} of ${matched} delivered, ${wanted} were there`
}

async function ask<T>(api: Api, path: string, body?: unknown): Promise<T> {
  const { status, text } = await api.call({ method: body === undefined ? 'GET' : 'POST', path, body })
  if (status >= 300) throw new Error(`${path} answered ${status}: ${text}`)
  return JSON.parse(text) as T
}
