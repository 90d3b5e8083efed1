import { request } from 'undici'
import { kcatMissing, partitionsNotInSync } from './kcat.ts'
import { isAlive, type Stack, type StackProcess } from './stack.ts'
import { until } from './until.ts'

/** Waits until every process of the stack lives and is ready and every replica is in sync, as before a fault. */
export async function untilHealthy(stack: Stack, ceilingMs?: number): Promise<void> {
  const isHealthy = async () => {
    const processes = await stack.processes()
    const ready = await Promise.all(processes.map(isReady))
    return ready.every((one) => one) && (await replicasInSync(stack))
  }
  await until('every process is ready and every replica in sync', isHealthy, ceilingMs)
}

/** Waits until another process has the name of one that died. */
export async function untilRestarted(stack: Stack, victim: StackProcess): Promise<void> {
  await until(`${victim.name} is started again`, async () => {
    const now = (await stack.processes()).find((one) => one.name === victim.name)
    return now !== undefined && now.pid !== victim.pid
  })
}

/** What has no admin port; all others have one as soon as they serve. */
const foreign: readonly string[] = ['kafka', 'redis']

async function isReady({ service, pid, adminUrl }: StackProcess): Promise<boolean> {
  if (!isAlive(pid)) return false
  if (adminUrl === null) return foreign.includes(service)
  const { statusCode, body } = await request(`${adminUrl}/readyz`)
  await body.dump()
  return statusCode === 200
}

const replicasInSync = async ({ brokers }: Stack): Promise<boolean> =>
  kcatMissing !== false || (await partitionsNotInSync(brokers)) === 0
