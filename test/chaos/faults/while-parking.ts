import { untilRestarted } from '../../support/health.ts'
import { monotonicNs } from '../history.ts'
import type { Scene } from './fault.ts'
import { freeze } from './freeze.ts'
import { onNextPark } from './next-park.ts'

const frozenMs = 20_000

/**
 * The append is acknowledged, the offset is free, and nobody has committed it: owners commit every 200 ms, the tap sees a
 * record within a few. The victim's name in the history tells whether the kill came in between.
 */
export async function killBetweenParkAndCommit(scene: Scene): Promise<void> {
  let killedNs = 0
  const { owner, park, subscribed } = await onNextPark(scene, (parked) => {
    process.kill(parked.owner.pid, 'SIGKILL')
    killedNs = monotonicNs()
  })
  const { partition, offset } = park.source ?? { partition: -1, offset: -1 }
  const when = (await scene.experiment.isCommitted(subscribed, { partition, offset })) ? 'after' : 'before'
  const victim = `${owner.name} ${when} its commit of ${partition}/${offset}`
  scene.experiment.mark('kill-between-park-and-commit', victim, killedNs)
  await untilRestarted(scene.stack, owner)
}

/** Its appends under way land when others own its partitions, or when it wakes and believes that it still does. */
export async function freezeMidParking(scene: Scene): Promise<void> {
  let frozen = Promise.resolve()
  await onNextPark(scene, ({ owner }) => {
    frozen = freeze({ pid: owner.pid, ms: frozenMs, signal: scene.signal })
    scene.experiment.mark('freeze-mid-parking', owner.name)
  })
  await frozen
}
