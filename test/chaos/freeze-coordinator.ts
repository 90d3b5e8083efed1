import { setTimeout as pause } from 'node:timers/promises'
import { coordinatorOf } from '#shared/kafka/coordinator.ts'
import type { Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'
import type { Experiment } from './experiment.ts'

/**
 * Stops the broker that coordinates the group of the experiment's first subscription for `frozenMs`. It keeps its
 * connections and its sessions open and says nothing, which kafkajs alone never notices.
 */
export async function freezeCoordinator(stack: Stack, experiment: Experiment, frozenMs: number): Promise<void> {
  const { group } = await stack.api.subscription(experiment.courses[0]?.scope.subscription ?? '')
  const address = await until('the group has a coordinator', () => coordinatorOf(stack.brokers, group))
  const name = `kafka-${stack.brokers.indexOf(address) + 1}`
  experiment.mark('freeze-coordinator', name)
  await stack.kill(name, 'SIGSTOP')
  try {
    await pause(frozenMs)
  } finally {
    await stack.kill(name, 'SIGCONT')
  }
}
