import type { TestContext } from 'node:test'
import { type Experiment, openExperiment } from '../chaos/experiment.ts'
import { defer } from '../support/defer.ts'
import { untilHealthy } from '../support/health.ts'
import { type Stack, useStack } from '../support/stack.ts'

/** An experiment on a stack that is whole when it begins, whatever the test before did to it; closed with the test. */
export async function useExperiment(
  t: TestContext,
  setup?: Parameters<typeof openExperiment>[1],
): Promise<{ stack: Stack; experiment: Experiment }> {
  const stack = await useStack(t)
  await untilHealthy(stack)
  const experiment = await openExperiment(stack, setup)
  defer(t, () => experiment.close())
  return { stack, experiment }
}
