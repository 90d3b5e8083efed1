/*
 * A mixed run: load on its subscriptions, and for some minutes one fault after the other, drawn by a seed. Each waits until
 * the stack is whole again after the one before: every process ready, every replica in sync, every partition owned.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '#shared/errors.ts'
import { untilHealthy } from '../../support/health.ts'
import type { Stack } from '../../support/stack.ts'
import { type Experiment, type Load, openExperiment } from '../experiment.ts'
import { ownersOf } from '../faults/owners.ts'
import { boundPerFault, inject, isExcused } from '../faults.ts'
import { type MixName, mixes } from '../load/mixes.ts'
import type { Result } from '../scenarios/scenario.ts'
import { nothing, planMix, type Step } from './plan.ts'
import { mixResult } from './report.ts'

/** `load.seconds` is how long it lasts. */
export type Mixed = { seed: number; load: Load; subscriptions: readonly MixName[]; signal: AbortSignal }

/** Before the first step: every partition is owned and flows. */
const warmUpMs = 5_000
/** After this no step begins any more: what it costs shall be seen under load. */
const lastPartMs = 10_000
const wholeCeilingMs = 180_000
/** Half an hour of faults may leave much to deliver. */
const drainMs = 1_800_000

/** Runs until the load ends, then judges. What stopped the faults early is a complaint. */
export async function runMix(stack: Stack, mixed: Mixed): Promise<Result> {
  const { seed, load, signal } = mixed
  await untilHealthy(stack)
  const experiment = await openExperiment(stack, { subscriptions: mixed.subscriptions.map((name) => mixes[name]) })
  try {
    console.log(`seed ${seed}, run ${experiment.run}`)
    const publisher = experiment.publish(load)
    await pause(warmUpMs, undefined, { signal })
    const endMs = performance.now() + load.seconds * 1000 - warmUpMs - lastPartMs
    const trouble = await breakUntil(endMs, { stack, experiment, seed, signal })
    const outcome = await experiment.conclude(publisher.finished, {
      allowedDuplicates: boundPerFault,
      drainMs,
      mayFailRequests: isExcused,
    })
    return mixResult(outcome, { seed, trouble })
  } finally {
    if (!signal.aborted) await experiment.close()
  }
}

type Breaking = { stack: Stack; experiment: Experiment; seed: number; signal: AbortSignal }

/** Goes through the plan; returns what ended it early, if anything did. */
async function breakUntil(endMs: number, { stack, experiment, seed, signal }: Breaking): Promise<string> {
  for (const step of planMix(seed)) {
    if (performance.now() + step.waitMs > endMs) break
    await pause(step.waitMs, undefined, { signal })
    try {
      await takeStep(step, { stack, experiment, signal })
    } catch (error) {
      signal.throwIfAborted()
      return `step ${step.index} (${step.fault}): ${messageOf(error)}`
    }
  }
  return ''
}

async function takeStep(
  { index, fault, round }: Step,
  { stack, experiment, signal }: Omit<Breaking, 'seed'>,
): Promise<void> {
  const startedAt = performance.now()
  if (fault === nothing) experiment.mark(nothing, '')
  else await inject(stack, experiment, { name: fault, round, signal })
  await untilHealthy(stack, wholeCeilingMs)
  await untilOwned(stack, experiment)
  experiment.markWhole()
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${new Date().toISOString()} step ${index}: ${fault}, whole again after ${seconds} s`)
}

const untilOwned = (stack: Stack, { courses }: Experiment) =>
  Promise.all(courses.map(({ scope }) => ownersOf(stack, scope.subscription)))
