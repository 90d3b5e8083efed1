import { setTimeout as pause } from 'node:timers/promises'
import { isAlive } from '../../support/stack.ts'
import { until } from '../../support/until.ts'
import { given, type Scene } from './fault.ts'
import { brokerOfRound, leadsText, nameOfBroker } from './leaders.ts'

type Trouble = { name: string; ms: number }

/** Nothing more fits on the disk of one broker for so long. It ends over it, and again whenever it is started. */
export async function fillDisk(scene: Scene, { name, ms }: Trouble): Promise<void> {
  const id = brokerOfRound(scene)
  scene.experiment.mark(name, await leadsText(scene, id))
  const disk = given(scene, 'disks')[id]
  const victim = await scene.stack.process(nameOfBroker(id))
  try {
    await disk.fill()
    await until('it has ended', () => !isAlive(victim.pid))
    await rest(scene, ms)
  } finally {
    await disk.free()
  }
  scene.experiment.markUndone()
}

/** The file system of one broker takes no write any more: the broker ends, and only an operator can help. */
export async function turnReadOnly(scene: Scene, { name, ms }: Trouble): Promise<void> {
  const { stack, experiment } = scene
  const id = brokerOfRound(scene)
  const disk = given(scene, 'disks')[id]
  const victim = await stack.process(nameOfBroker(id))
  experiment.mark(name, await leadsText(scene, id))
  try {
    await disk.turnReadOnly()
    await until('it has ended', () => !isAlive(victim.pid))
    await rest(scene, ms)
  } finally {
    await disk.repair()
  }
  experiment.markUndone()
}

const rest = ({ signal }: Scene, ms: number) => pause(ms, undefined, { signal })
