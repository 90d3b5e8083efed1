import { setTimeout as pause } from 'node:timers/promises'
import { untilHealthy } from '../../support/health.ts'
import { until } from '../../support/until.ts'
import { allowedDuplicates } from '../allowances.ts'
import { checkSchedule } from '../check/schedule.ts'
import { openExperiment } from '../experiment.ts'
import { killAll } from '../faults/signal.ts'
import { deliveredPerSecond } from '../rates.ts'
import { type Result, resultOf, type Stage, withFigure } from './scenario.ts'

const poisoned = 'k0'
/** No point lies in the seconds in which there is no consumer: from 3 s to 12 s after the first failure. */
const scheduleMs = [1_000, 2_000, 12_000, 16_000, 22_000, 30_000, 40_000, 50_000, 60_000]
const killAfterMs = 3_000
const healAfterMs = 20_000
const leastShare = 0.95

/**
 * The first event of a key fails; every consumer is killed while it waits. It must be tried at its points all the same,
 * later events of its key behind it, and all other keys must have what was published when the load ends.
 */
export async function killAllConsumers({ stack, load, round, signal }: Stage): Promise<Result> {
  await untilHealthy(stack)
  const retry = { scheduleMs, giveUpAfterMs: 86_400_000 }
  const mode = { kind: 'fail', of: { keys: [poisoned] } } as const
  const experiment = await openExperiment(stack, { subscriptions: [{ members: { retry }, mode }] })
  try {
    const [course] = experiment.courses
    if (course === undefined) throw new Error('the run has no subscription')
    const publisher = experiment.publish(load)
    await until('events flow', () => course.receiver.progress().distinct > 0)
    await pause(killAfterMs, undefined, { signal })
    await killAll({ stack, experiment, round, signal }, 'kill-all-consumers', ['consumer'])
    await pause(healAfterMs - killAfterMs, undefined, { signal })
    await course.receiver.setMode({ kind: 'accept' })
    const limits = { allowedDuplicates: allowedDuplicates(['kill-everything']) }
    const outcome = await experiment.conclude(publisher.finished, limits)
    const head = `${experiment.run}-p1-${poisoned}-0`
    const schedule = checkSchedule(outcome.facts, course.scope, { id: head, scheduleMs })
    const delivered = deliveredPerSecond(outcome.facts, course.scope, (key) => key !== poisoned)
    const wanted = load.ratePerSecond * (1 - 1 / load.keys)
    const share = delivered / wanted
    const attempts = `${head} was tried ${schedule.counts.scheduledAttempts} times on schedule`
    return withFigure(resultOf(outcome), `${attempts}; other keys: ${(100 * share).toFixed(1)} % of their rate`, [
      ...schedule.offences.map(({ id, what }) => `${id}: ${what}`),
      ...(share < leastShare ? [`the other keys had less than ${100 * leastShare} % of their rate`] : []),
    ])
  } finally {
    if (!signal.aborted) await experiment.close()
  }
}
