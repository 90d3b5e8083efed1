import { addedService } from '../../support/added-consumers.ts'
import { untilRestarted } from '../../support/health.ts'
import { monotonicNs } from '../history.ts'
import { awaitExit } from './exit.ts'
import type { Scene } from './fault.ts'
import { chooseVictim } from './victim.ts'

type Signalled = { name: string; service: string; signal: 'SIGKILL' | 'SIGTERM' }

/** Signals one process of a service, each in turn by round. */
export async function signalOne(scene: Scene, { name, service, signal }: Signalled): Promise<void> {
  const victim = await chooseVictim(scene, name, service)
  const askedNs = monotonicNs()
  const killed = await scene.stack.kill(victim.name, signal)
  if (signal === 'SIGTERM') await awaitExit(scene.experiment, killed, askedNs)
  await untilRestarted(scene.stack, killed)
}

/** Kills all processes of some services, or all there are, at once. */
export async function killAll({ stack, experiment }: Scene, name: string, services?: readonly string[]): Promise<void> {
  const victims = (await stack.processes()).filter(({ service }) => services?.includes(service) ?? true)
  experiment.mark(name, victims.map((victim) => victim.name).join(' '))
  for (const { pid } of victims) process.kill(pid, 'SIGKILL')
  const launched = victims.filter(({ service }) => service !== addedService)
  await Promise.all(launched.map((victim) => untilRestarted(stack, victim)))
}
