import type { Scene } from './fault.ts'
import { freeze } from './freeze.ts'

const frozenMs = 8_000

/** Stops one broker, each in turn by round: its connections stay open and it says nothing. */
export async function freezeBroker({ stack, experiment, round, signal }: Scene): Promise<void> {
  const brokers = (await stack.processes()).filter(({ service }) => service === 'kafka')
  const victim = brokers[round % brokers.length]
  if (victim === undefined) throw new Error('the stack has no broker')
  experiment.mark('freeze-broker', victim.name)
  await freeze({ pid: victim.pid, ms: frozenMs, signal })
}
