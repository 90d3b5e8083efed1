import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startGuarded } from '../../../services/cli/up/child.ts'
import { until } from '../../support/until.ts'
import { rest, type Scene } from './fault.ts'
import { brokerOfRound, leadsText, nameOfBroker } from './leaders.ts'

type Slow = { name: string; delayMs: number; ms: number }

/** Whatever one broker writes through to its disk takes so much longer, for a while. */
export async function slowSyncs(scene: Scene, { name, delayMs, ms }: Slow): Promise<void> {
  const { stack, experiment, round } = scene
  const id = brokerOfRound(scene)
  const { pid } = await stack.process(nameOfBroker(id))
  const report = join(stack.dir, `${name}-${round}`)
  experiment.mark(name, await leadsText(scene, id))
  const output = openSync(report, 'a')
  const calls = 'fsync,fdatasync'
  const args = ['-f', '-p', String(pid), '-e', `trace=${calls}`, '-e', `inject=${calls}:delay_enter=${delayMs * 1000}`]
  const strace = startGuarded({ command: 'strace', args: [...args, '-e', 'signal=none'], output })
  closeSync(output)
  const delayed = async () => (await readFile(report, 'utf8')).split('(DELAYED)').length - 1
  try {
    await until('a sync was delayed', async () => (await delayed()) > 0)
    await rest(scene, ms)
  } finally {
    strace.signal('SIGTERM')
    await strace.ended
  }
  experiment.markUndone()
  experiment.tell(`${name}: ${await delayed()} syncs took ${delayMs} ms longer`)
}
