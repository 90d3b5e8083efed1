import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { shown } from '../folders.ts'
import { Refusal } from './refusal.ts'

export type Lock = {
  /** Whether a launcher before us died without giving the folder back; its last processes may still be ending. */
  readonly tookOver: boolean
  release(): void
}

/**
 * One launcher per folder. The lock file names its owner by pid and start time, so a pid that another process has now
 * does not count. It appears by `link`, whole or not at all. Throws a Refusal while the owner lives.
 */
export function takeLock(path: string, dir: string): Lock {
  const own = JSON.stringify({ pid: process.pid, started: startTime(process.pid) })
  if (placeLock(path, own)) return { tookOver: false, release: () => rmSync(path, { force: true }) }
  removeStale(path, dir)
  if (placeLock(path, own)) return { tookOver: true, release: () => rmSync(path, { force: true }) }
  throw alreadyRuns(dir, readOwner(path)?.pid)
}

type Owner = { pid: number; started: string }

function placeLock(path: string, content: string): boolean {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, content, { mode: 0o600 })
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft)
  }
}

/** Moves the lock aside before it is judged: of two launchers that meet a dead one's lock only one gets hold of it. */
function removeStale(path: string, dir: string): void {
  const owner = readOwner(path)
  if (owner !== undefined && isAlive(owner)) throw alreadyRuns(dir, owner.pid)
  const aside = `${path}.stale.${process.pid}`
  try {
    renameSync(path, aside)
  } catch {
    return // another launcher was quicker
  }
  const moved = readOwner(aside)
  if (moved !== undefined && isAlive(moved)) {
    renameSync(aside, path)
    throw alreadyRuns(dir, moved.pid)
  }
  rmSync(aside)
}

function readOwner(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner
  } catch {
    return undefined
  }
}

function isAlive({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return startTime(pid) === started
}

/**
 * Clock ticks since boot at which a process started: field 22 of its stat line, the 20th after the name in brackets; the
 * first one there is its state, and a dead process that nobody has collected yet (Z) has not started.
 */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? 'ended' : (fields[18] ?? '')
  } catch {
    return '' // no /proc on this system: the pid alone decides
  }
}

function alreadyRuns(dir: string, pid: number | undefined): Refusal {
  const owner = pid === undefined ? '' : ` (pid ${pid})`
  return new Refusal(
    `Tailrace already runs in ${shown(dir)}${owner}: stop it first, or start a second one with --dir <folder> --port-offset 100.`,
  )
}
