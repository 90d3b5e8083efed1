import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { type Child, endChild, startGuarded } from '../../../services/cli/up/child.ts'
import { host } from '../../../services/cli/up/ports.ts'
import { freePort } from '../../support/free-port.ts'
import type { Part, Preparation, Site } from '../preparation.ts'
import { tool } from './tool.ts'

/** Three Sentinels of the Redis of a stack, and a replica of it. */
export type Sentinels = {
  replica: { port: number; pid: number }
  /** The port of the Redis that they call the master now. */
  masterPort(): Promise<number>
  /** Whether all of them know `port` as a replica that could take over. */
  knowReplica(port: number): Promise<boolean>
}

const master = 'primary'
const count = 3
const graceMs = 3_000

/** What the services ask for the address of Redis, by which they go on with its replica when it is gone. */
export const sentinels: Preparation<Sentinels> = {
  missing: tool('redis-server', ['--version']).missing,
  async prepare({ dir, ports }: Site): Promise<Part<Sentinels>> {
    const replica = await freePort()
    const watching = await Promise.all(Array.from({ length: count }, freePort))
    const start = serversIn(join(dir, 'sentinels'))
    const copy = start(replica, ['save ""', `replicaof ${host} ${ports.redis}`])
    const others = watching.map((port) => start(port, watchOver(ports.redis), ['--sentinel']))
    const ask = <T>(port: number, ...args: string[]) => askRedis<T>(port, ['SENTINEL', ...args, master])
    const [first = 0] = watching
    const handle: Sentinels = {
      replica: { port: replica, pid: copy.pid },
      masterPort: async () => Number((await ask<string[]>(first, 'GET-MASTER-ADDR-BY-NAME'))[1]),
      async knowReplica(port) {
        const known = await Promise.all(watching.map((one) => ask<string[][]>(one, 'REPLICAS')))
        return known.every((some) => some.some((row) => isReady(row, port)))
      },
    }
    const env = {
      REDIS_SENTINELS: watching.map((port) => `${host}:${port}`).join(','),
      REDIS_SENTINEL_MASTER: master,
    }
    const stop = async () => void (await Promise.all([copy, ...others].map((child) => endChild(child, graceMs))))
    return { handle, start: { env }, stop }
  },
}

const watchOver = (port: number) => [
  `sentinel monitor ${master} ${host} ${port} 2`,
  `sentinel down-after-milliseconds ${master} 500`,
  `sentinel failover-timeout ${master} 5000`,
]

/** Starts each with a configuration of its own, which Sentinels write themselves later on. */
function serversIn(folder: string) {
  mkdirSync(folder)
  return (port: number, lines: readonly string[], args: readonly string[] = []): Child => {
    const path = join(folder, `${port}.conf`)
    writeFileSync(path, [`port ${port}`, `bind ${host}`, `dir ${folder}`, ...lines].join('\n'))
    const output = openSync(`${path}.log`, 'a')
    const child = startGuarded({ command: 'redis-server', args: [path, ...args], output })
    closeSync(output)
    return child
  }
}

/** A row is a list of names and values. */
function isReady(row: readonly string[], port: number): boolean {
  const value = (name: string) => row[row.indexOf(name) + 1]
  return value('port') === String(port) && value('flags') === 'slave' && value('master-link-status') === 'ok'
}

/** One command over a connection of its own: whoever is asked may have been away. */
export async function askRedis<T>(port: number, [command = '', ...args]: readonly string[]): Promise<T> {
  const redis = new Redis({ port, host, lazyConnect: true, retryStrategy: () => null, connectTimeout: 1_000 })
  redis.on('error', () => {}) // whoever asks hears of it
  try {
    await redis.connect()
    return (await redis.call(command, ...args)) as T
  } finally {
    redis.disconnect()
  }
}
