import type { Scene } from './fault.ts'
import { freeze } from './freeze.ts'

const frozenMs = 20_000

/** Its session ends while it sleeps and another one takes over; awake again, it must not believe that it owns anything. */
export async function freezeConsumer({ stack, experiment, round, signal }: Scene): Promise<void> {
  const consumers = (await stack.processes()).filter(({ service }) => service === 'consumer')
  const chosen = consumers[round % consumers.length]
  if (chosen === undefined) throw new Error('the stack has no consumer')
  experiment.mark('freeze-consumer', chosen.name)
  await freeze({ pid: chosen.pid, ms: frozenMs, signal })
}
