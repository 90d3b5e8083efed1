import type { Stack } from '../support/stack.ts'
import type { Load } from './experiment.ts'
import { type FaultName, faultOf } from './faults.ts'
import type { Result } from './figures/figures.ts'
import type { MixName } from './load/mixes.ts'
import { nothing, type Step } from './mix/plan.ts'
import type { Prepared } from './preparations.ts'
import { runSteps, warmUpMs } from './run-steps.ts'

/** `isBrief`: as little between the faults as shows what each one costs, and no load without them. */
export type Breaking = {
  names: readonly FaultName[]
  load: Load
  isBrief?: boolean
  subscriptions: readonly MixName[]
  round: number
  signal: AbortSignal
  prepared: Prepared
}

/** Between the end of a fault and the next one. */
const briefMs = 2_000

/** One run: the faults one after the other, spread over the load; a control has one that does nothing. */
export function breakOnce(stack: Stack, { names, isBrief = false, round, ...rest }: Breaking): Promise<Result> {
  const load = longEnough(rest.load, names)
  const faults: readonly Step['fault'][] = names.length === 0 ? [nothing] : names
  const shareMs = isBrief ? 0 : Math.max(0, load.seconds * 1000 - warmUpMs) / faults.length
  const steps = faults.map(
    (fault, index): Step => ({
      ...{ index, fault, round: round + index },
      waitMs: index === 0 ? 0 : briefMs,
      notBeforeMs: warmUpMs + index * shareMs,
    }),
  )
  return runSteps(stack, { ...rest, steps, load, endsWithSteps: isBrief })
}

/** A load that goes on while the longest of the faults lasts. */
function longEnough(load: Load, names: readonly FaultName[]): Load {
  const least = names.map((name) => faultOf(name)?.leastSeconds ?? 0)
  return { ...load, seconds: Math.max(load.seconds, ...least) }
}
