import { untilHealthy } from '../../support/health.ts'
import { given, rest, type Scene } from './fault.ts'

/** Packets of all brokers are lost, one share of them after the other, each when all is well again. */
export async function losePackets(scene: Scene, percents: readonly number[], ms: number): Promise<void> {
  const { stack, experiment } = scene
  const filter = given(scene, 'packets')
  for (const percent of percents) {
    experiment.mark('lose-packets', `${percent} % of those of all brokers`)
    await filter.lose(percent / 100)
    let dropped = 0
    try {
      await rest(scene, ms)
    } finally {
      dropped = await filter.clear()
    }
    if (dropped === 0) throw new Error(`of ${percent} % no packet was dropped`)
    experiment.tell(`lose-packets: ${dropped} were dropped at ${percent} %`)
    await untilHealthy(stack)
    experiment.markWhole()
  }
}
