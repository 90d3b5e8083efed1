import { coordinatorOf } from '#shared/kafka/coordinator.ts'
import type { Scene } from './fault.ts'
import { freeze } from './freeze.ts'

/** Longer than a commit waits for its answer, and than the brokers take to elect another coordinator. */
const frozenMs = 6_000

/** Freezes the broker that coordinates the group: commits time out, and its members join again elsewhere. */
export async function freezeCoordinator({ stack, experiment, round, signal }: Scene): Promise<void> {
  const subscribed = experiment.courses.flatMap((course) => course.subscribed ?? [])
  const group = subscribed[round % subscribed.length]?.group
  if (group === undefined) throw new Error('the run has no subscription')
  const address = await coordinatorOf(stack.brokers, group)
  const name = `kafka-${stack.brokers.indexOf(address ?? '') + 1}`
  const { pid } = await stack.process(name)
  experiment.mark('commit-timeout-rejoin', name)
  await freeze({ pid, ms: frozenMs, signal })
}
