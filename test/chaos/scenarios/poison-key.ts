import { untilHealthy } from '../../support/health.ts'
import { openExperiment } from '../experiment.ts'
import type { ReceiverMode } from '../load/modes.ts'
import { deliveredPerSecond } from '../rates.ts'
import { type Result, resultOf, type Stage, withFigure } from './scenario.ts'

const poisoned = 'k0'
/** Of the poisoned key, and so of every key. */
const perSecondAndKey = 10
const leastShare = 0.95
/** The poisoned key waits behind points up to this far apart, also when its receiver takes it again. */
const retry = { scheduleMs: [1_000, 2_000, 4_000, 6_000], giveUpAfterMs: 86_400_000 }
const quietMs = 30_000

/** One key fails for the length of the load at 10/s; the others must not notice. A run without it is the measure. */
export async function poisonKey(stage: Stage): Promise<Result> {
  const control = await runWith(stage, { kind: 'accept' })
  const poison = await runWith(stage, { kind: 'fail', of: { keys: [poisoned] } })
  const share = poison.perSecond / control.perSecond
  const rates = `${poison.perSecond.toFixed(1)}/s beside the poisoned key, ${control.perSecond.toFixed(1)}/s without`
  const figures = [...control.result.figures, ...poison.result.figures]
  return withFigure({ ...poison.result, figures }, `other keys: ${rates}: ${(100 * share).toFixed(1)} %`, [
    control.result.complaint,
    share < leastShare ? `the other keys fell below ${100 * leastShare} %` : '',
  ])
}

async function runWith({ stack, load, signal }: Stage, mode: ReceiverMode) {
  await untilHealthy(stack)
  const experiment = await openExperiment(stack, { subscriptions: [{ members: { retry }, mode }] })
  try {
    const keys = Math.max(2, Math.round(load.ratePerSecond / perSecondAndKey))
    const publisher = experiment.publish({ ...load, keys })
    const published = await publisher.finished
    for (const { receiver } of experiment.courses) await receiver.setMode({ kind: 'accept' })
    const outcome = await experiment.conclude(Promise.resolve(published), { allowedDuplicates: 0, quietMs })
    const perSecond = outcome.judgements.reduce(
      (sum, { scope }) => sum + deliveredPerSecond(outcome.facts, scope, (key) => key !== poisoned),
      0,
    )
    return { result: resultOf(outcome), perSecond }
  } finally {
    if (!signal.aborted) await experiment.close()
  }
}
