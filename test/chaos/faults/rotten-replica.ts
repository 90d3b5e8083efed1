import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runFolder } from '../../../services/cli/folders.ts'
import { untilHealthy, untilRestarted } from '../../support/health.ts'
import { isAlive, type Stack, type StackProcess } from '../../support/stack.ts'
import { until } from '../../support/until.ts'
import type { Scene } from './fault.ts'
import { flipBit, folderOf, segmentsOf } from './segments.ts'
import { chooseVictim } from './victim.ts'

const said = 'is damaged on the disk'

/**
 * A bit turns on the disk of a broker that was stopped cleanly: it does not look when it starts again, and hands out what it
 * has once it leads. Who reads the stream from its beginning then gets nothing wrong, and all of it when another one leads.
 */
export async function rotReplica(scene: Scene): Promise<void> {
  const { stack, experiment, round } = scene
  const victim = await chooseVictim(scene, 'rotten-replica', 'kafka')
  await stack.kill(victim.name, 'SIGTERM')
  await until('it has ended', () => !isAlive(victim.pid))
  for (const path of await segmentsOf(folderOf(stack, victim), experiment.topic)) await flipBit(path)
  await back(stack, victim)
  // What the others lead goes over to it, until somebody moves it back.
  for (const other of (await stack.processes()).filter(({ service }) => service === 'kafka')) {
    if (other.name !== victim.name) await back(stack, await stack.kill(other.name, 'SIGTERM'))
  }
  const name = `${experiment.run}-reader-${round}`
  const { receiver } = await experiment.addCourse({ subscription: name, members: { from: 'earliest' } })
  await until('the damage is told', () => isSaid(stack))
  const read = receiver.progress().distinct
  await back(stack, await stack.kill(victim.name, 'SIGTERM'))
  await until('it is read on', () => receiver.progress().distinct > read)
  experiment.tell(`rotten-replica: ${read} events were read before its damage was met, the others when another one led`)
}

async function back(stack: Stack, broker: StackProcess): Promise<void> {
  await untilRestarted(stack, broker)
  await untilHealthy(stack)
}

async function isSaid({ dir }: Stack): Promise<boolean> {
  const { log } = runFolder(dir)
  const consumers = (await readdir(log)).filter((file) => file.startsWith('consumer-'))
  const texts = await Promise.all(consumers.map((file) => readFile(join(log, file), 'utf8')))
  return texts.some((text) => text.includes(said))
}
