import { isAlive } from '../../support/stack.ts'
import { until } from '../../support/until.ts'
import type { Disk } from '../preparations/small-disks.ts'
import { given, rest, type Scene } from './fault.ts'
import { brokerOfRound, leadsText, nameOfBroker } from './leaders.ts'

type Trouble = { name: string; ms: number }

/** Nothing more fits on the disk of one broker for so long. It ends over it, and again whenever it is started. */
export const fillDisk = (scene: Scene, trouble: Trouble): Promise<void> =>
  whileBroken(scene, trouble, { spoil: (disk) => disk.fill(), mend: (disk) => disk.free() })

/** The file system of one broker takes no write any more: the broker ends, and only an operator can help. */
export const turnReadOnly = (scene: Scene, trouble: Trouble): Promise<void> =>
  whileBroken(scene, trouble, { spoil: (disk) => disk.turnReadOnly(), mend: (disk) => disk.repair() })

type Breaking = Record<'spoil' | 'mend', (disk: Disk) => Promise<void>>

async function whileBroken(scene: Scene, { name, ms }: Trouble, { spoil, mend }: Breaking): Promise<void> {
  const { stack, experiment } = scene
  const id = brokerOfRound(scene)
  const disk = given(scene, 'disks')[id]
  const victim = await stack.process(nameOfBroker(id))
  experiment.mark(name, await leadsText(scene, id))
  try {
    await spoil(disk)
    await until('it has ended', () => !isAlive(victim.pid))
    await rest(scene, ms)
  } finally {
    await mend(disk)
  }
  experiment.markUndone()
}
