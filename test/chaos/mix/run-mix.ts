import type { Stack } from '../../support/stack.ts'
import type { Load } from '../experiment.ts'
import type { Result } from '../figures/figures.ts'
import type { MixName } from '../load/mixes.ts'
import { runSteps, warmUpMs } from '../run-steps.ts'
import { planMix, type Step } from './plan.ts'

/** `load.seconds` is how long it lasts. */
export type Mixed = { seed: number; load: Load; subscriptions: readonly MixName[]; signal: AbortSignal }

/** After this no step begins any more: what it costs shall be seen under load. */
const lastPartMs = 10_000

/** For as long as the load lasts one fault after the other, drawn by a seed. */
export function runMix(stack: Stack, { seed, load, subscriptions, signal }: Mixed): Promise<Result> {
  return runSteps(stack, { steps: whileItLasts(planMix(seed), load), load, subscriptions, signal })
}

/** The steps that end in time; the first one is asked for when the load has warmed up. */
function* whileItLasts(steps: Iterable<Step>, { seconds }: Load): Generator<Step> {
  const endMs = performance.now() + seconds * 1000 - warmUpMs - lastPartMs
  for (const step of steps) {
    if (performance.now() + step.waitMs > endMs) return
    yield step
  }
}
