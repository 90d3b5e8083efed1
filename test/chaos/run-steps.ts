/*
 * Load on some subscriptions, and one fault after the other in it. Each waits until the stack is whole again after the one
 * before: every process ready, every replica in sync, every partition owned and every consumer an owner. So each is judged by
 * its own span.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '#shared/errors.ts'
import { untilHealthy } from '../support/health.ts'
import type { Stack } from '../support/stack.ts'
import { boundPerFault, isExcused } from './allowances.ts'
import type { Facts } from './check/facts.ts'
import { type Experiment, type Load, openExperiment } from './experiment.ts'
import { untilShared } from './faults/owners.ts'
import { faultOf, inject } from './faults.ts'
import type { Result } from './figures/figures.ts'
import { type MixName, mixes } from './load/mixes.ts'
import { nothing, type Step } from './mix/plan.ts'
import type { Prepared } from './preparations.ts'
import { resultOf, withFigure } from './scenarios/scenario.ts'

/** `load.seconds` is how long it lasts at least, so that every fault has its load, or with `endsWithSteps` at most. */
export type Stepping = {
  steps: Iterable<Step>
  load: Load
  endsWithSteps?: boolean
  subscriptions: readonly MixName[]
  /** What the stack was started with for these faults. */
  prepared?: Prepared
  signal: AbortSignal
}

/** Before the first step: every partition is owned and flows. */
export const warmUpMs = 5_000
/** What the last fault did shall be seen. */
const afterwardsMs = 3_000
/** The faults of a short run may last longer than its load was to. */
const overtimeSeconds = 3_600
const wholeCeilingMs = 180_000
/** Half an hour of faults may leave much to deliver. */
const drainMs = 1_800_000

/** Goes through the steps, which it takes one by one as they come, then judges. What stopped them early is a complaint. */
export async function runSteps(stack: Stack, stepping: Stepping): Promise<Result> {
  const { steps, load, subscriptions, endsWithSteps = false, prepared = {}, signal } = stepping
  await untilHealthy(stack)
  const experiment = await openExperiment(stack, { subscriptions: subscriptions.map((name) => mixes[name]) })
  try {
    const publisher = experiment.publish({ ...load, seconds: load.seconds + (endsWithSteps ? 0 : overtimeSeconds) })
    const startMs = performance.now()
    await pause(warmUpMs, undefined, { signal })
    const trouble = await goThrough(steps, { stack, experiment, startMs, prepared, signal })
    const restMs = endsWithSteps ? 0 : startMs + load.seconds * 1000 - performance.now()
    await pause(Math.max(afterwardsMs, restMs), undefined, { signal })
    publisher.end()
    const outcome = await experiment.conclude(publisher.finished, {
      allowedDuplicates: boundPerFault,
      drainMs,
      mayFailRequests: isExcused,
    })
    return withFigures(resultOf(outcome, subscriptions), outcome.facts, trouble)
  } finally {
    if (!signal.aborted) await experiment.close()
  }
}

/** What the faults themselves have to say of a run, and what stopped them. */
function withFigures(result: Result, facts: Facts, trouble: string): Result {
  const names = [...new Set(facts.faults.map(({ fault }) => fault))]
  const figures = names.flatMap((name) => faultOf(name)?.look?.(facts) ?? [])
  const told = figures.reduce((so, { text, complaints }) => withFigure(so, text, complaints), result)
  return { ...told, complaint: [told.complaint, trouble].filter((one) => one !== '').join('\n') }
}

type Scene = { stack: Stack; experiment: Experiment; startMs: number; prepared: Prepared; signal: AbortSignal }

/** Returns what ended it early, if anything did. */
async function goThrough(steps: Iterable<Step>, scene: Scene): Promise<string> {
  const { startMs, signal } = scene
  for (const step of steps) {
    const { index, waitMs, notBeforeMs = 0, fault } = step
    const restMs = startMs + notBeforeMs - performance.now()
    await pause(Math.max(waitMs, restMs), undefined, { signal })
    try {
      await takeStep(step, scene)
    } catch (error) {
      signal.throwIfAborted()
      return `step ${index} (${fault}): ${messageOf(error)}`
    }
  }
  return ''
}

async function takeStep({ index, fault, round }: Step, { stack, experiment, prepared, signal }: Scene): Promise<void> {
  const startedAt = performance.now()
  if (fault === nothing) experiment.mark(nothing, '')
  else await inject(stack, experiment, { name: fault, round, signal, prepared })
  await untilHealthy(stack, wholeCeilingMs)
  await untilOwned(stack, experiment)
  experiment.markWhole()
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${new Date().toISOString()} step ${index}: ${fault}, whole again after ${seconds} s`)
}

const untilOwned = (stack: Stack, { courses }: Experiment) =>
  Promise.all(courses.map(({ scope }) => untilShared(stack, scope.subscription)))
