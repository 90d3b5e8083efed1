import { coordinatorOf } from '#shared/kafka/coordinator.ts'
import { until } from '../../support/until.ts'
import type { Scene } from './fault.ts'
import { freeze } from './freeze.ts'

type Freezing = { name: string; ms: number }

/**
 * Stops the broker that coordinates the group of one subscription, each in turn by round. It keeps its connections and its
 * sessions open and says nothing, which kafkajs alone never notices: commits time out, and members must join elsewhere.
 */
export async function freezeCoordinator({ stack, experiment, round, signal }: Scene, { name, ms }: Freezing) {
  const subscribed = experiment.courses.flatMap((course) => course.subscribed ?? [])
  const group = subscribed[round % subscribed.length]?.group
  if (group === undefined) throw new Error('the run has no subscription')
  const address = await until('the group has a coordinator', () => coordinatorOf(stack.brokers, group))
  const victim = await stack.process(`kafka-${stack.brokers.indexOf(address) + 1}`)
  experiment.mark(name, victim.name)
  await freeze({ pid: victim.pid, ms, signal })
}
