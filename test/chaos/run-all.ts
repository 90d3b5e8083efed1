import { type Resources, withResources } from '#shared/lifecycle.ts'
import { Refusal } from '../../services/cli/up/refusal.ts'
import { openContainerStack } from '../compose/container-stack.ts'
import { attachStack } from '../support/stack.ts'
import { breakOnce } from './break-once.ts'
import { runSeeded } from './defects/seeded.ts'
import type { Result, Run } from './figures/figures.ts'
import { runMix } from './mix/run-mix.ts'
import type { Plan, RunOptions } from './options.ts'
import { groupPlans, type PlanGroup } from './plan-groups.ts'
import { obstacles, type PreparedStack, startPrepared } from './prepared-stack.ts'
import { type OpenReport, openReport } from './report/open-report.ts'
import { scenarios } from './scenarios.ts'

/**
 * Runs every plan as often as wanted, on one stack for all that need the same preparation, and stops what it started, also
 * when `signal` aborts. A failed run is a Refusal, and so is one that had to leave out everything.
 */
export async function runAll(options: RunOptions, signal: AbortSignal): Promise<void> {
  const report = openReport(options.reporting)
  let skipped = 0
  for (const group of groupPlans(options.plans)) skipped += await runGroup(group, { ...options, report, signal })
  const { passed, failed } = report.conclude()
  if (skipped > 0) console.log(`${skipped} skipped`)
  console.log(`${passed} passed, ${failed} failed`)
  if (failed > 0 || passed === 0) throw new Refusal('')
}

type Running = RunOptions & { report: OpenReport; signal: AbortSignal }

/** How many plans were left out because their stack cannot be prepared. */
async function runGroup(group: PlanGroup, running: Running): Promise<number> {
  const { needs, plans } = group
  const { stackDir, target, signal } = running
  const reasons = obstaclesOf(group, running)
  if (reasons.length > 0) {
    for (const plan of plans) console.log(`- ${titleOf(plan, 0)} SKIPPED: ${reasons.join('; ')}`)
    return plans.length
  }
  return withResources(warn, async (resources) => {
    const prepared = await Promise.race([openStack(stackDir, { needs, target, resources }), aborted(signal)])
    await Promise.race([repeat(prepared, { ...running, plans }), aborted(signal)])
    await resources.close()
    return 0
  })
}

function obstaclesOf({ needs }: PlanGroup, { stackDir }: RunOptions): string[] {
  if (stackDir === undefined || needs.length === 0) return obstacles(needs)
  return [`a running stack cannot be started with ${needs.join(', ')} any more`]
}

type Opening = Pick<PlanGroup, 'needs'> & Pick<RunOptions, 'target'> & { resources: Resources }

async function openStack(dir: string | undefined, { needs, target, resources }: Opening): Promise<PreparedStack> {
  if (target === 'compose') return { stack: await openContainerStack(resources), prepared: {} }
  return dir === undefined ? startPrepared(needs, resources) : { stack: await attachStack(dir), prepared: {} }
}

async function repeat(prepared: PreparedStack, { plans, repeats, report, signal }: Running): Promise<void> {
  for (let round = 0; round < repeats; round += 1) {
    for (const plan of plans) {
      const run = await runOnce(prepared, { plan, round, signal })
      report.add(run)
      if (run.complaint !== '') console.log(`${run.complaint}\n${await prepared.stack.logTails()}`)
    }
  }
}

type Once = { plan: Plan; round: number; signal: AbortSignal }

async function runOnce(prepared: PreparedStack, once: Once): Promise<Run> {
  const { plan, round, signal } = once
  const started = { at: new Date().toISOString(), ms: performance.now() }
  const result = await carryOut(prepared, once).catch((error: unknown): Result => {
    signal.throwIfAborted()
    const complaint = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { figures: [], notes: [], complaint }
  })
  await prepared.stack.added.endAll()
  const seconds = Math.round((performance.now() - started.ms) / 1000)
  return { title: titleOf(plan, round), round, startedAt: started.at, seconds, ...result }
}

function titleOf(plan: Plan, round: number): string {
  if ('seed' in plan) return `mix of seed ${plan.seed + round}`
  if ('scenario' in plan) return plan.scenario
  return 'names' in plan ? (plan.title ?? plan.names.join(', ')) : plan.title
}

function carryOut({ stack, prepared }: PreparedStack, { plan, round, signal }: Once): Promise<Result> {
  if ('seed' in plan) return runMix(stack, { ...plan, seed: plan.seed + round, signal })
  if ('scenario' in plan) return scenarios[plan.scenario].run({ stack, ...plan, round, signal })
  if (!('names' in plan)) return runSeeded(stack, signal)
  return breakOnce(stack, { ...plan, round, signal, prepared })
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

function warn(name: string, error: unknown): void {
  console.error(`${name} did not stop:`, error)
}
