import { untilHealthy } from '../../support/health.ts'
import { until } from '../../support/until.ts'
import { openExperiment } from '../experiment.ts'
import { returnOf } from '../figures/return-of.ts'
import { monotonicNs } from '../history.ts'
import { mostDeliveredWithin } from '../rates.ts'
import { type Result, resultOf, type Stage, withFigure } from './scenario.ts'

/** From the return of a receiver to its first delivery. */
const mostMs = 6_000
/** A probe every 5 s or less often from each of two instances, with room for the evidence at the beginning. */
const probesPerSecond = 2 / 4
const evidence = 200
const quietMs = 60_000

/** A receiver refuses connections for as long as events are published; another one takes the same events meanwhile. */
export async function receiverOutage({ stack, load, signal }: Stage): Promise<Result> {
  await untilHealthy(stack)
  const experiment = await openExperiment(stack, { subscriptions: [{}, {}] })
  try {
    const [down] = experiment.courses
    if (down === undefined) throw new Error('there is no subscription')
    const publisher = experiment.publish(load)
    await until('events flow', () => down.receiver.progress().distinct > 50)
    const before = down.receiver.progress().requests
    await down.receiver.setMode({ kind: 'answer', status: 503 })
    experiment.mark('receiver-outage', down.scope.subscription)
    const published = await publisher.finished
    const during = down.receiver.progress().requests - before
    const returnedNs = monotonicNs()
    await down.receiver.setMode({ kind: 'accept' })
    const outcome = await experiment.conclude(Promise.resolve(published), { allowedDuplicates: 0, quietMs })
    const { firstMs, drainMs, waited } = returnOf(outcome.facts, down.scope.subscription, returnedNs)
    const mostProbes = evidence + load.seconds * probesPerSecond
    const peak = mostDeliveredWithin(outcome.facts, down.scope, 1_000)
    const text =
      `down for ${load.seconds} s: ${during} requests meanwhile; first delivery ${firstMs.toFixed(0)} ms after the return, ` +
      `${waited} events drained in ${(drainMs / 1_000).toFixed(1)} s, at most ${peak} in a second`
    return withFigure(resultOf(outcome), text, [
      firstMs > mostMs ? `the first delivery came later than ${mostMs} ms after the return` : '',
      during > mostProbes ? `${during} requests went to a receiver that was down, more than ${mostProbes} probes` : '',
    ])
  } finally {
    if (!signal.aborted) await experiment.close()
  }
}
