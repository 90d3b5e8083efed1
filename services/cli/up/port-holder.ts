import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { listeningIn, socketTables } from './listening.ts'

/** Who listens on a port, as "redis-server (pid 812)"; undefined when it cannot be found out (another user's process). */
export async function holderOf(port: number): Promise<string | undefined> {
  const pid = existsSync(socketTables[0]) ? holderByProc(port) : await holderByLsof(port)
  return pid === undefined ? undefined : `${await programOf(pid)} (pid ${pid})`
}

const longestCommand = 80

/** The process that listens on a port, found in /proc; undefined where there is none, or it is another user's. */
export function holderByProc(port: number): number | undefined {
  const sockets = new Set(socketTables.flatMap((table) => listeningInodes(table, port)))
  return attempt(() => readdirSync('/proc'), [])
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => openFiles(pid).some((file) => sockets.has(file)))
}

function listeningInodes(table: string, port: number): string[] {
  if (!existsSync(table)) return []
  const sockets = listeningIn(readFileSync(table, 'utf8'))
  return sockets.filter((socket) => socket.port === port).map(({ inode }) => `socket:[${inode}]`)
}

function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`
  return attempt(() => readdirSync(folder), []).map((fd) => attempt(() => readlinkSync(`${folder}/${fd}`), ''))
}

/** The fallback for what is gone meanwhile, or not ours to look into. */
function attempt<T>(look: () => T, fallback: T): T {
  try {
    return look()
  } catch {
    return fallback
  }
}

async function holderByLsof(port: number): Promise<number | undefined> {
  const pids = await output('lsof', ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN'])
  return pids === '' ? undefined : Number(pids.split('\n')[0])
}

/** The command line without the folder of its program, cut to a readable length. */
async function programOf(pid: number): Promise<string> {
  const command = await output('ps', ['-o', 'args=', '-p', String(pid)])
  const [path = '', ...args] = command.split(' ')
  return [basename(path), ...args].join(' ').slice(0, longestCommand) || 'a process'
}

async function output(program: string, args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(program, args)).stdout.trim()
  } catch {
    return '' // not installed, or nothing found
  }
}
