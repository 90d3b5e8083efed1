import { untilRestarted } from '../../support/health.ts'
import type { Scene } from './fault.ts'

type Signalled = { name: string; service: string; signal: 'SIGKILL' | 'SIGTERM' }

/** Signals one process of a service, each in turn by round. */
export async function signalOne({ stack, experiment, round }: Scene, { name, service, signal }: Signalled) {
  const candidates = (await stack.processes()).filter((one) => one.service === service)
  const chosen = candidates[round % candidates.length]
  if (chosen === undefined) throw new Error(`the stack has no ${service}`)
  experiment.mark(name, chosen.name)
  await untilRestarted(stack, await stack.kill(chosen.name, signal))
}

/** Kills all processes of some services at once. */
export async function killAll({ stack, experiment }: Scene, name: string, services?: readonly string[]): Promise<void> {
  const victims = (await stack.processes()).filter(({ service }) => services?.includes(service) ?? true)
  experiment.mark(name, victims.map((victim) => victim.name).join(' '))
  for (const { pid } of victims) process.kill(pid, 'SIGKILL')
  await Promise.all(victims.map((victim) => untilRestarted(stack, victim)))
}
