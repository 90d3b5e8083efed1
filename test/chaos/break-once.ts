import { setTimeout as pause } from 'node:timers/promises'
import { untilHealthy } from '../support/health.ts'
import type { Stack } from '../support/stack.ts'
import { type Load, openExperiment } from './experiment.ts'
import { allowedDuplicates, type FaultName, inject, mayFailRequests } from './faults.ts'
import { type MixName, mixes } from './load/mixes.ts'
import { type Result, resultOf } from './scenarios/scenario.ts'

export type Breaking = {
  names: readonly FaultName[]
  load: Load
  subscriptions: readonly MixName[]
  round: number
  signal: AbortSignal
}

/** Before the first fault: every partition is owned and flows. */
const warmUpMs = 5_000

/** One run: load on its subscriptions, the faults one after the other in it, drain, verdicts. */
export async function breakOnce(stack: Stack, breaking: Breaking): Promise<Result> {
  const { names, round, load, signal } = breaking
  await untilHealthy(stack)
  const subscriptions = breaking.subscriptions.map((name) => mixes[name])
  const experiment = await openExperiment(stack, { subscriptions })
  try {
    const publisher = experiment.publish(load)
    const restMs = Math.max(0, load.seconds * 1000 - warmUpMs)
    for (const [index, name] of names.entries()) {
      await pause(index === 0 ? warmUpMs : restMs / names.length, undefined, { signal })
      await inject(stack, experiment, { name, round, signal })
    }
    const outcome = await experiment.conclude(publisher.finished, {
      allowedDuplicates: allowedDuplicates(names),
      mayFailRequests: mayFailRequests(names),
    })
    return resultOf(outcome)
  } finally {
    if (!signal.aborted) await experiment.close()
  }
}
