import type { StackProcess } from '../../support/stack.ts'
import type { Scene } from './fault.ts'

/** One process of a service, each in turn by round; writes the fault into the history. */
export async function chooseVictim(
  { stack, experiment, round }: Scene,
  name: string,
  service: string,
): Promise<StackProcess> {
  const candidates = (await stack.processes()).filter((one) => one.service === service)
  const victim = candidates[round % candidates.length]
  if (victim === undefined) throw new Error(`the stack has no ${service}`)
  experiment.mark(name, victim.name)
  return victim
}
