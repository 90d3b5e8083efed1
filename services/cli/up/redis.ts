import { connect } from 'node:net'
import { endChild, startGuarded } from './child.ts'
import { host } from './ports.ts'
import { programPath } from './program-path.ts'
import { Refusal } from './refusal.ts'
import type { Run } from './run.ts'
import { supervise } from './supervise.ts'
import { waitFor } from './wait-for.ts'

export type LocalRedis = { readonly url: string; stop(): Promise<void> }

const name = 'redis'
const program = 'redis-server'
const startLimitMs = 15_000
const stopLimitMs = 3_000

/** Starts Redis, which keeps nothing on disk: it is never the truth. Undefined when the machine has none. */
export async function startRedis(run: Run): Promise<LocalRedis | undefined> {
  if (programPath(program) === undefined) return undefined
  const port = run.ports.redis
  const start = () => {
    const child = startGuarded({
      command: program,
      args: redisArguments(port, run.folder.dir),
      output: run.logs.open(name),
    })
    run.processes.set({ name, service: 'redis', pid: child.pid, adminUrl: null })
    return child
  }
  const onDeath = (ending: string, waitMs: number) =>
    run.tell(`${name} ended (${ending}); starting again in ${waitMs / 1000} s`)
  const supervised = supervise({ start, onDeath })
  const stop = async () => {
    await supervised.stop((child) => endChild(child, stopLimitMs))
    run.processes.remove(name)
  }
  try {
    await waitFor(() => answersPing(port), AbortSignal.any([run.signal, AbortSignal.timeout(startLimitMs)]))
  } catch (error) {
    await stop()
    throw run.signal.aborted ? error : new Refusal(`Redis did not answer on port ${port}: see redis.log.`)
  }
  return { url: `redis://${host}:${port}`, stop }
}

function redisArguments(port: number, folder: string): string[] {
  const settings = { port: String(port), bind: host, dir: folder, save: '', appendonly: 'no', daemonize: 'no' }
  return Object.entries(settings).flatMap(([setting, value]) => [`--${setting}`, value])
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port }, () => socket.write('PING\r\n'))
    socket.once('data', (answer) => {
      socket.destroy()
      resolve(answer.toString().startsWith('+PONG'))
    })
    socket.once('error', reject)
  })
}
