import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { jarsFolder } from '../folders.ts'
import { dataFolder, prepareBroker } from './broker.ts'
import { askCluster } from './broker-metadata.ts'
import { endChild, startGuarded } from './child.ts'
import { host } from './ports.ts'
import { programPath } from './program-path.ts'
import type { Run } from './run.ts'
import { waitFor } from './wait-for.ts'

const name = 'class-archive'
const startLimitMs = 60_000
const dumpLimitMs = 60_000

/**
 * The flag that makes Java read its archive of loaded classes: three brokers start in 2.8 s instead of 4.9 s on 2 cores
 * (1.9 instead of 3.3 CPU-seconds each). The first start makes the archive, and again after a change of Java; Java
 * ignores one whose class path differs by a single name. No flag when it could not be made: that only costs time.
 */
export async function useClassArchive(run: Run): Promise<string[]> {
  const archive = archivePath()
  if (!existsSync(archive)) await makeArchive(run, archive)
  return existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []
}

/** One per Java: its program is the same as long as path and time are. */
function archivePath(): string {
  const java = realpathSync(programPath('java') ?? process.execPath)
  const hash = createHash('sha256')
    .update(`${java} ${statSync(java).mtimeMs}`)
    .digest('hex')
    .slice(0, 12)
  return join(jarsFolder, `classes-${hash}.jsa`)
}

/** Runs a broker alone until it serves; Java writes down every class it loaded when it ends. */
async function makeArchive({ folder, ports, logs, signal }: Run, archive: string): Promise<void> {
  const brokersFolder = join(folder.brokers, name)
  const draft = `${archive}.${process.pid}`
  mkdirSync(dataFolder(brokersFolder, 1), { recursive: true })
  const clusterId = 'AAAAAAAAAAAAAAAAAAAAAQ'
  const { format, serve, env } = prepareBroker({ id: 1, voters: [1], brokersFolder, jarsFolder, clusterId, ports })
  const start = (args: readonly string[]) => startGuarded({ command: 'java', args, env, output: logs.open(name) })
  await start(format).ended
  const broker = start([`-XX:ArchiveClassesAtExit=${draft}`, ...serve])
  const serves = async () => (await askCluster(ports.brokers[0] ?? 0, host)).brokers === 1
  await waitFor(serves, AbortSignal.any([signal, AbortSignal.timeout(startLimitMs)])).catch(() => {})
  await endChild(broker, signal.aborted ? 0 : dumpLimitMs)
  if (existsSync(draft)) renameSync(draft, archive)
  rmSync(brokersFolder, { recursive: true, force: true })
}
