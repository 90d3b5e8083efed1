import { readFileSync } from 'node:fs'
import type { Stack } from '../../support/stack.ts'
import { inodesByEnds, readOr } from '../load/senders.ts'

const everyMs = 500

/** What consumers hold, looked at until it is stopped; that says the most of it as text. */
export type Watch = { stop(): string }

/** Watches the connections to a port of this machine, and the memory of the consumers that live now. */
export async function watchConsumers(stack: Stack, port: number): Promise<Watch> {
  const pids = (await stack.processes()).filter(({ service }) => service === 'consumer').map(({ pid }) => pid)
  const before = Math.max(...pids.map(residentMiB))
  let [connections, mebibytes] = [0, before]
  const look = () => {
    connections = Math.max(connections, connectionsTo(port, read('/proc/net/tcp')))
    mebibytes = Math.max(mebibytes, ...pids.map(residentMiB))
  }
  const timer = setInterval(look, everyMs)
  look()
  return {
    stop() {
      clearInterval(timer)
      return `${connections} connections held at most; a consumer has ${mebibytes} MiB at most, ${before} MiB before`
    },
  }
}

/** Seen from those who opened them, by a table as /proc/net/tcp has it. */
export const connectionsTo = (port: number, table: string): number =>
  [...inodesByEnds(table).keys()].filter((ends) => ends.endsWith(` ${port}`)).length

const residentMiB = (pid: number): number => {
  const [, kibibytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`)) ?? []
  return Math.round(Number(kibibytes) / 1024)
}

const read = (file: string): string => readOr('', () => readFileSync(file, 'latin1'))
