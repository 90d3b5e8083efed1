import { until } from '../../support/until.ts'
import { monotonicNs } from '../history.ts'
import { askRedis } from '../preparations/sentinels.ts'
import { given, rest, type Scene } from './fault.ts'

const name = 'sentinel-failover'
/** What is written meanwhile is lost. Less than ten times what Sentinels wait: they promote nobody that lags more. */
const laggingMs = 2_000
const frozenMs = 4_000

/** The master of Redis freezes while its replica lags behind, which takes over; when it wakes up it is a replica itself. */
export async function failOverRedis(scene: Scene): Promise<void> {
  const { stack, experiment } = scene
  const { replica, masterPort, knowReplica } = given(scene, 'sentinels')
  const launched = { port: Number(new URL(stack.redisUrl ?? '').port), pid: (await stack.process('redis')).pid }
  const isLaunched = (await masterPort()) === launched.port
  const [master, other] = isLaunched ? [launched, replica] : [replica, launched]
  await until('the Sentinels know the replica', () => knowReplica(other.port))
  experiment.mark(name, `redis on ${master.port}`)
  // With a password that the master does not want it cannot follow any more.
  await askRedis(other.port, ['CONFIG', 'SET', 'masterauth', 'nobody'])
  try {
    await askRedis(other.port, ['CLIENT', 'KILL', 'TYPE', 'master'])
    await rest(scene, laggingMs)
    const frozenNs = monotonicNs()
    process.kill(master.pid, 'SIGSTOP')
    await until('there is another master', async () => (await masterPort()) === other.port)
    experiment.tell(`${name}: another master after ${Math.round((monotonicNs() - frozenNs) / 1e6)} ms`)
    await rest(scene, frozenMs)
  } finally {
    process.kill(master.pid, 'SIGCONT')
    await askRedis(other.port, ['CONFIG', 'SET', 'masterauth', ''])
  }
  experiment.markUndone()
  await until('the former master follows', () => knowReplica(master.port))
}
