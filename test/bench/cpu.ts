import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { usageOf } from './processes.ts'

const listening = '0A'

/** Processes that listen on the ports of these `host:port`, found in /proc; empty where there is none. */
export function brokerPids(addresses: readonly string[]): number[] {
  const ports = new Set(addresses.map((address) => Number(address.slice(address.lastIndexOf(':') + 1))))
  const sockets = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap(readTable).filter(onPorts(ports)).map(socketOf))
  return namesIn('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => namesIn(`/proc/${pid}/fd`).some((fd) => sockets.has(linkAt(`/proc/${pid}/fd/${fd}`))))
    .map(Number)
}

/** CPU seconds that these processes have taken so far, user and system. */
export const cpuSecondsOf = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + usageOf(pid).cpuSeconds, 0)

/** Rows of a table of sockets: number, local address, remote address, state, …, inode. */
function readTable(path: string): string[][] {
  try {
    const [, ...rows] = readFileSync(path, 'utf8').trim().split('\n')
    return rows.map((row) => row.trim().split(/\s+/))
  } catch {
    return []
  }
}

const onPorts = (ports: ReadonlySet<number>) => (row: readonly string[]) =>
  row[3] === listening && ports.has(Number.parseInt(row[1]?.split(':')[1] ?? '', 16))

const socketOf = (row: readonly string[]): string => `socket:[${row[9]}]`

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** What a link points to; processes and their files may be gone meanwhile, or not ours to read. */
function linkAt(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
