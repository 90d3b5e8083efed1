import { createHash } from 'node:crypto'
import { existsSync, realpathSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { programPath } from './program-path.ts'

/*
 * Java's archive of loaded classes: three brokers start in 2.8 s instead of 4.9 s on 2 cores (1.9 instead of 3.3
 * CPU-seconds each). One broker of the first run writes it as it ends; a changed Java gets one of its own. A class path
 * that differs by one name only makes Java ignore it.
 */

/** The flags to read the archive, or to write it when there is none and `mayWrite`. */
export function archiveFlags(jarsFolder: string, mayWrite: boolean): string[] {
  const { archive, draft } = archivePaths(jarsFolder)
  if (existsSync(archive)) return [`-XX:SharedArchiveFile=${archive}`]
  return mayWrite ? [`-XX:ArchiveClassesAtExit=${draft}`] : []
}

/** Whether a broker writes the archive as it ends: 7 s that must not be cut short. */
export const writesArchive = (flags: readonly string[]) =>
  flags.some((flag) => flag.startsWith('-XX:ArchiveClassesAtExit'))

/** Puts an archive that was written whole in the place where the next start finds it. */
export function keepArchive(jarsFolder: string): void {
  const { archive, draft } = archivePaths(jarsFolder)
  if (existsSync(draft)) renameSync(draft, archive)
}

function archivePaths(jarsFolder: string) {
  const java = realpathSync(programPath('java') ?? process.execPath)
  const hash = createHash('sha256')
    .update(`${java} ${statSync(java).mtimeMs}`)
    .digest('hex')
    .slice(0, 12)
  const archive = join(jarsFolder, `classes-${hash}.jsa`)
  return { archive, draft: `${archive}.${process.pid}` }
}
