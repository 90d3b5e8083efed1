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

/** Runs the suites (or only `files`) one after the other on one cluster and one Redis of their own; a failed test is exit code 1. */
export function runTests(files: readonly string[]): Promise<never> {
  const suites = files.length === 0 ? allSuites() : [suiteOf('files', files, 1)]
  return runTask(graceMs, async (signal) => {
    const run = () => runSuites(suites, signal)
    const results = suites.some(needsBrokers) ? await onOwnBrokers(signal, run) : await run()
    console.log(summary(results))
    if (results.some(({ failed }) => failed > 0)) throw new Refusal('')
  })
}

async function runSuites(suites: readonly Suite[], signal: AbortSignal): Promise<SuiteResult[]> {
  const results: SuiteResult[] = []
  for (const suite of suites) {
    signal.throwIfAborted()
    results.push(await runSuite(suite, signal))
  }
  return results
}

/** Calls `work` with KAFKA_BROKERS and REDIS_URL set to dependencies that exist as long as it runs. */
function onOwnBrokers<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const folder = runFolder(join(defaultFolder, 'test'))
  return withResources(warn, async (resources) => {
    const ports = portsAt(await freePortOffset())
    await occupy({ folder, ports, fresh: true, resources })
    const logs = openLogFiles(folder.log)
    resources.defer('log files', logs.close)
    const run = { folder, ports, logs, signal, processes: createProcessTable(), tell: console.error }
    const redis = await startRedis(run)
    if (redis !== undefined) resources.defer('redis', redis.stop)
    const startedAt = performance.now()
    const cluster = await startCluster(run)
    resources.defer('kafka', cluster.stop)
    console.log(`Kafka is up at ${cluster.addresses} after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
    process.env.KAFKA_BROKERS = cluster.addresses.join(',')
    process.env.REDIS_URL = redis?.url ?? ''
    const result = await work()
    await resources.close()
    return result
  })
}

function warn(name: string, error: unknown): void {
  console.error(`${name} did not close:`, error)
}
