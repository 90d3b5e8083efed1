import { resolve } from 'node:path'
import { messageOf } from '#shared/errors.ts'
import { type Resources, withResources } from '#shared/lifecycle.ts'
import { version } from '#shared/version.ts'
import { defaultFolder, runFolder, shown } from '../folders.ts'
import { runTask } from '../task.ts'
import { brokerIds } from './broker.ts'
import { refuseWithoutSettings } from './broker-settings.ts'
import { startCluster } from './cluster.ts'
import { type CrewOptions, demoPublisher, type Role, rolesOf, startRole } from './crew.ts'
import { commonEnvironment, secretFiles } from './environment.ts'
import { runInit } from './init-run.ts'
import { openLogFiles } from './log-files.ts'
import { occupy } from './occupy.ts'
import { portsAt } from './ports.ts'
import { createProcessTable } from './processes.ts'
import { createProgress, type Progress } from './progress.ts'
import { publishReadyFile } from './ready.ts'
import { startRedis } from './redis.ts'
import type { Run } from './run.ts'
import { welcome } from './welcome.ts'

export type UpOptions = {
  fresh: boolean
  demo: boolean
  dir?: string
  portOffset: number
  producers: number
  consumers: number
  brokerSettings?: string
}

/** Where a part of the start puts what must be closed and what the user should see. */
type Stage = { resources: Resources; progress: Progress }

const graceMs = 60_000

/** Runs everything on this machine until Ctrl-C or SIGTERM. */
export function up(options: UpOptions): Promise<never> {
  const progress = createProgress()
  const warn = (name: string, error: unknown) => progress.tell(`${name} did not stop cleanly: ${messageOf(error)}`)
  return runTask(graceMs, (signal) =>
    withResources(warn, async (resources) => {
      await start(options, signal, { resources, progress })
      await aborted(signal)
      await resources.close()
      console.log('Stopped.')
    }),
  )
}

async function start(options: UpOptions, signal: AbortSignal, stage: Stage): Promise<void> {
  const startedAt = performance.now()
  const { resources, progress } = stage
  const run = await openRun(options, signal, stage)
  const { cluster, redisUrl } = await startDependencies(run, options, stage)
  const { folder, ports } = run
  const brokers = cluster.addresses
  const env = commonEnvironment({ folder, ports, brokers, redisUrl })
  await progress.step(
    'catalog',
    () => runInit(run, env),
    () => 'stream demo, subscription demo-inbox',
  )
  const crew = { ...options, brokers, env: { ...env, ...secretFiles(folder) } }
  await startRoles(run, rolesOf(run, crew), crew, stage)
  if (options.demo) await startRoles(run, [demoPublisher], crew, stage)
  await cluster.fullyReplicated()
  const ready = publishReadyFile(run, { brokers, redisUrl })
  resources.defer('ready.json', ready.remove)
  console.log(welcome(folder, ports, (performance.now() - startedAt) / 1000))
}

async function openRun(options: UpOptions, signal: AbortSignal, stage: Stage): Promise<Run> {
  const { dir, portOffset, fresh, brokerSettings } = options
  if (brokerSettings !== undefined) refuseWithoutSettings(resolve(brokerSettings), brokerIds)
  const { resources, progress } = stage
  const folder = runFolder(resolve(dir ?? defaultFolder))
  const ports = portsAt(portOffset)
  console.log(`Tailrace ${version} in ${shown(folder.dir)}\n`)
  await occupy({ folder, ports, fresh, resources, signal, tell: progress.tell })
  const logs = openLogFiles(folder.log)
  resources.defer('log files', logs.close)
  return { folder, ports, logs, processes: createProcessTable(), tell: progress.tell, signal }
}

/** Kafka and Redis come up side by side; both are stopped when one of them does not. */
async function startDependencies(run: Run, { brokerSettings }: UpOptions, { resources, progress }: Stage) {
  const settingsFolder = brokerSettings === undefined ? undefined : resolve(brokerSettings)
  const starting = [
    progress.step(
      'kafka',
      () => startCluster(run, settingsFolder),
      ({ addresses }) => `${addresses.length} brokers in sync`,
    ),
    progress.step(
      'redis',
      () => startRedis(run),
      (redis) => redis?.url ?? 'not installed: going on without it',
    ),
  ] as const
  const [kafka, redis] = await Promise.allSettled(starting)
  if (kafka.status === 'fulfilled') resources.defer('kafka', kafka.value.stop)
  if (redis.status === 'fulfilled' && redis.value !== undefined) resources.defer('redis', redis.value.stop)
  const [cluster, localRedis] = await Promise.all(starting)
  return { cluster, redisUrl: localRedis?.url }
}

async function startRoles(run: Run, roles: readonly Role[], { env }: CrewOptions, stage: Stage): Promise<void> {
  const { resources, progress } = stage
  const started = roles
    .filter(({ count }) => count > 0)
    .map((role) => {
      const services = startRole(run, role, env)
      resources.defer(role.service, () => Promise.all(services.map(({ stop }) => stop())))
      const ready = () => Promise.all(services.map((service) => service.ready))
      return progress.step(role.service, ready, () => describe(role.count, role.port))
    })
  await Promise.race([Promise.all(started), rejected(run.signal)])
}

const describe = (count: number, port: number | undefined) =>
  `${count} ${count === 1 ? 'process' : 'processes'}${port === undefined ? '' : ` on port ${port}`}`

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

async function rejected(signal: AbortSignal): Promise<never> {
  await aborted(signal)
  throw signal.reason
}
