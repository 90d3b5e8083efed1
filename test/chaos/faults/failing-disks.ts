import { setTimeout as pause } from 'node:timers/promises'
import { type BrokerId, brokerIds } from '../../../services/cli/up/broker.ts'
import { isAlive } from '../../support/stack.ts'
import { until } from '../../support/until.ts'
import { given, type Scene } from './fault.ts'
import { brokerOfRound, leadsText, nameOfBroker } from './leaders.ts'

type Trouble = { name: string; ms: number }

/** Nothing more fits on the disk of one broker for so long. It ends over it, and again whenever it is started. */
export async function fillDisk(scene: Scene, { name, ms }: Trouble): Promise<void> {
  const id = brokerOfRound(scene)
  scene.experiment.mark(name, await leadsText(scene, id))
  await whileFull(scene, [id], () => rest(scene, ms))
}

/** Nothing more fits on any disk for so long, but for what a broker frees when it cuts off what it had half written. */
export async function fillAllDisks(scene: Scene, { name, ms }: Trouble): Promise<void> {
  scene.experiment.mark(name, 'all brokers')
  await whileFull(scene, brokerIds, () => rest(scene, ms))
}

async function whileFull(scene: Scene, ids: readonly BrokerId[], act: () => Promise<void>): Promise<void> {
  const disks = given(scene, 'disks')
  const victims = await Promise.all(ids.map((id) => scene.stack.process(nameOfBroker(id))))
  try {
    await Promise.all(ids.map((id) => disks[id].fill()))
    await until('they have ended', () => victims.every(({ pid }) => !isAlive(pid)))
    await act()
  } finally {
    await Promise.all(ids.map((id) => disks[id].free()))
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
