import { join } from 'node:path'
import { withResources } from '#shared/lifecycle.ts'
import { defaultFolder, runFolder } from './folders.ts'
import { runTask } from './task.ts'
import { allSuites, needsBrokers, runSuite, type Suite, type SuiteResult, suiteOf, summary } from './test-suites.ts'
import { startCluster } from './up/cluster.ts'
import { openLogFiles } from './up/log-files.ts'
import { occupy } from './up/occupy.ts'
import { freePortOffset, portsAt } from './up/ports.ts'
import { createProcessTable } from './up/processes.ts'
import { startRedis } from './up/redis.ts'
import { Refusal } from './up/refusal.ts'

const graceMs = 60_000

/** Runs the suites (or only `paths`) one after the other; a failed test is exit code 1. */
export function runTests(paths: readonly string[]): Promise<never> {
  const suites = paths.length === 0 ? allSuites() : [suiteOf('chosen', paths, 1)]
  return runTask(graceMs, async (signal) => {
    const results: SuiteResult[] = []
    for (const suite of suites) {
      signal.throwIfAborted()
      results.push(needsBrokers(suite) ? await runOnOwnBrokers(suite, signal) : await runSuite(suite, signal))
    }
    console.log(summary(results))
    if (results.some(({ failed }) => failed > 0)) throw new Refusal('')
  })
}

/** Runs a suite with KAFKA_BROKERS and REDIS_URL set to dependencies that exist as long as it runs. */
function runOnOwnBrokers(suite: Suite, signal: AbortSignal): Promise<SuiteResult> {
  const folder = runFolder(join(defaultFolder, 'test'))
  return withResources(warn, async (resources) => {
    const ports = portsAt(await freePortOffset())
    await occupy({ folder, ports, fresh: true, resources, signal, tell: console.error })
    const logs = openLogFiles(folder.log)
    resources.defer('log files', logs.close)
    const run = { folder, ports, logs, signal, processes: createProcessTable(), tell: console.error }
    const startedAt = performance.now()
    const redis = await startRedis(run)
    if (redis !== undefined) resources.defer('redis', redis.stop)
    const cluster = await startCluster(run)
    resources.defer('kafka', cluster.stop)
    console.log(`\nKafka and Redis are up after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
    process.env.KAFKA_BROKERS = cluster.addresses.join(',')
    process.env.REDIS_URL = redis?.url ?? ''
    const result = await runSuite(suite, signal)
    await resources.close()
    return result
  })
}

function warn(name: string, error: unknown): void {
  console.error(`${name} did not close:`, error)
}
