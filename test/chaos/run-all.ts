import { withResources } from '#shared/lifecycle.ts'
import { Refusal } from '../../services/cli/up/refusal.ts'
import { attachStack, type Stack, startStack } from '../support/stack.ts'
import { breakOnce } from './break-once.ts'
import { runMix } from './mix/run-mix.ts'
import type { Plan, RunOptions } from './options.ts'
import { summary } from './report.ts'
import type { Result } from './scenarios/scenario.ts'
import { scenarios } from './scenarios.ts'

/** Runs every plan as often as wanted and stops what it started, also when `signal` aborts. A failed run is a Refusal. */
export function runAll(options: RunOptions, signal: AbortSignal): Promise<void> {
  return withResources(warn, async (resources) => {
    const opened = openStack(options.stackDir, (stop) => resources.defer('stack', stop))
    const stack = await Promise.race([opened, aborted(signal)])
    const failed = await Promise.race([repeat(stack, options, signal), aborted(signal)])
    await resources.close()
    if (failed > 0) throw new Refusal('')
  })
}

async function openStack(dir: string | undefined, onStop: (stop: () => Promise<void>) => void): Promise<Stack> {
  if (dir !== undefined) return attachStack(dir)
  const stack = await startStack()
  onStop(stack.stop)
  return stack
}

/** How many runs failed. */
async function repeat(stack: Stack, { plans, repeats }: RunOptions, signal: AbortSignal): Promise<number> {
  const results: Result[] = []
  for (let round = 0; round < repeats; round += 1) {
    for (const plan of plans) results.push(await runOnce(stack, { plan, round, signal }))
  }
  const failed = results.filter(({ complaint }) => complaint !== '').length
  console.log(`\n${summary(results.flatMap(({ costs }) => costs))}`)
  console.log(`\n${results.length - failed} passed, ${failed} failed`)
  return failed
}

type Once = { plan: Plan; round: number; signal: AbortSignal }

async function runOnce(stack: Stack, { plan, round, signal }: Once): Promise<Result> {
  const startedAt = performance.now()
  const result = await carryOut(stack, { plan, round, signal }).catch((error: unknown): Result => {
    signal.throwIfAborted()
    return { text: '', complaint: error instanceof Error ? (error.stack ?? error.message) : String(error), costs: [] }
  })
  await stack.added.endAll()
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  const title = titleOf(plan)
  console.log(`${result.complaint === '' ? '✓' : '✗'} ${title}, run ${round + 1}, ${seconds} s\n${result.text}`)
  if (result.complaint !== '') console.log(`${result.complaint}\n${await stack.logTails()}`)
  return result
}

function titleOf(plan: Plan): string {
  if ('seed' in plan) return `mix of seed ${plan.seed}`
  return 'scenario' in plan ? plan.scenario : plan.names.join(', ')
}

function carryOut(stack: Stack, { plan, round, signal }: Once): Promise<Result> {
  if ('seed' in plan) return runMix(stack, { ...plan, seed: plan.seed + round, signal })
  if ('scenario' in plan) return scenarios[plan.scenario].run({ stack, ...plan, round, signal })
  return breakOnce(stack, { ...plan, round, signal })
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
