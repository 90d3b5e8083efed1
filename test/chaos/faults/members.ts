import { addedService } from '../../support/added-consumers.ts'
import { monotonicNs } from '../history.ts'
import { awaitExit } from './exit.ts'
import type { Scene } from './fault.ts'
import { chooseVictim } from './victim.ts'

/** One consumer more, which takes partitions over while everything runs. */
export async function addConsumer({ stack, experiment }: Scene): Promise<void> {
  experiment.mark('add-consumer', 'one more')
  await stack.added.add()
}

/** Ends a consumer that was added, each in turn by round; nobody starts it again. */
export async function endAdded(scene: Scene, name: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const victim = await chooseVictim(scene, name, addedService)
  const askedNs = monotonicNs()
  await scene.stack.added.end(victim.name, signal)
  if (signal === 'SIGTERM') await awaitExit(scene.experiment, victim, askedNs)
}
