import { setTimeout as pause } from 'node:timers/promises'
import { untilHealthy } from '../../support/health.ts'
import { until } from '../../support/until.ts'
import { allowedDuplicates } from '../allowances.ts'
import type { Course } from '../course.ts'
import { type Experiment, openExperiment } from '../experiment.ts'
import { signalOne } from '../faults/signal.ts'
import { measureFaults } from '../gaps.ts'
import { sumOf } from '../load/until-known.ts'
import { type Result, resultOf, type Stage, withFigure } from './scenario.ts'

const eventsPerKey = 20
const fillPerSecond = 2_000
const keyPrefix = 'waiting'
/** Far beyond the run: what waits is only tried again when its subscription is resumed. */
const retry = { scheduleMs: [3_600_000], giveUpAfterMs: 86_400_000 }
const fillCeilingMs = 600_000
/** Fresh events on other keys show when each partition runs again. */
const probeLoad = { ratePerSecond: 100, seconds: 40, keys: 100 }
const beforeKillMs = 5_000

/** A consumer dies with many deliveries in the retry topic: how long until its partitions run again, and is all there. */
export async function backlogTakeover({ stack, round, backlog, signal }: Stage): Promise<Result> {
  await untilHealthy(stack)
  const mode = { kind: 'fail', of: { keyPrefix }, asksForRetry: true } as const
  const experiment = await openExperiment(stack, { subscriptions: [{ members: { retry }, mode }] })
  try {
    const [course] = experiment.courses
    if (course === undefined) throw new Error('the run has no subscription')
    const filled = await fill(experiment, course, backlog)
    const probe = experiment.publish(probeLoad)
    await pause(beforeKillMs, undefined, { signal })
    await signalOne(
      { stack, experiment, round, signal },
      { name: 'backlog-takeover', service: 'consumer', signal: 'SIGKILL' },
    )
    const probed = await probe.finished
    await course.receiver.setMode({ kind: 'accept' })
    for (const verb of ['pause', 'resume']) {
      await stack.api.call({ method: 'POST', path: `/v1/subscriptions/${course.scope.subscription}/${verb}` })
    }
    const limits = { allowedDuplicates: allowedDuplicates(['kill-consumer']) }
    const outcome = await experiment.conclude(Promise.resolve(sumOf([filled, probed])), limits)
    const [fault] = measureFaults(outcome.facts, course.scope)
    const seconds = ((fault?.partitionMs ?? 0) / 1000).toFixed(1)
    const figure = `all partitions ran again within ${seconds} s, with ${filled.acknowledged} waiting`
    return withFigure(resultOf(outcome), figure)
  } finally {
    if (!signal.aborted) await experiment.close()
  }
}

/** Publishes events that all fail and waits until each has a retry record. */
async function fill(experiment: Experiment, { subscribed }: Course, backlog: number) {
  const parked = new Set<string>()
  const end = subscribed?.retries.listen(({ kind, source }) => {
    if (kind === 'park') parked.add(`${source?.partition}/${source?.offset}`)
  })
  const load = {
    ratePerSecond: fillPerSecond,
    seconds: backlog / fillPerSecond,
    keys: Math.ceil(backlog / eventsPerKey),
  }
  const filled = await experiment.publish(load, { publisher: 'p2', keyPrefix }).finished
  await until(`${filled.acknowledged} events wait`, () => parked.size >= filled.acknowledged, fillCeilingMs)
  end?.()
  return filled
}
