import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect as connectTo } from 'node:net'
import { tmpdir } from 'node:os'
import type { TestContext } from 'node:test'
import { pino } from 'pino'
import { openRedis, type RedisConnection } from '#shared/redis/connection.ts'
import { defer } from '../../support/defer.ts'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'

/** A Redis that one test may freeze, fill and kill. */
export type OwnRedis = {
  connect(): Promise<RedisConnection>
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  kill(): Promise<void>
  /** An empty one on the same port. */
  start(): Promise<void>
}

const log = pino({ level: 'silent' })

export async function startOwnRedis(t: TestContext): Promise<OwnRedis> {
  const port = await freePort()
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', tmpdir()]
  let child: ChildProcess | undefined
  const start = async () => {
    child = spawn('redis-server', settings, { stdio: 'ignore' })
    await until('redis listens', () => isListening(port))
  }
  const kill = async () => {
    const victim = child
    child = undefined
    if (victim === undefined) return
    const exit = once(victim, 'exit')
    victim.kill('SIGKILL')
    await exit
  }
  await start()
  defer(t, kill)
  const connect = async () => {
    const redis = openRedis({ url: `redis://127.0.0.1:${port}`, log })
    defer(t, () => redis.close())
    await until('redis is up', () => redis.up())
    return redis
  }
  return { connect, signal: (signal) => void child?.kill(signal), kill, start }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connectTo({ host: '127.0.0.1', port })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
