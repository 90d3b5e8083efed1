import cluster from 'node:cluster'
import { type Child, type Ending, endingOf, leash, noPid } from './child.ts'

/** A service process. `ready` gives the address of its admin port once it serves; it may never do so. */
export type Worker = Child & { readonly ready: Promise<string> }

export type WorkerProgram = {
  script: string
  /** Of Node itself. */
  flags?: readonly string[]
  output: number
  env: Readonly<Record<string, string>>
}

// The kernel gives a connection to whichever process accepts first; the listening socket stays open in this process, so
// a service that stops leaves its waiting connections to its brothers. (reusePort would drop them: measured.)
cluster.schedulingPolicy = cluster.SCHED_NONE

/**
 * Starts a service as a cluster worker. It ends when this process does, however that ends: by itself as Node makes it, or
 * by its leash if it is too busy to notice.
 */
export function startWorker({ script, flags = [], output, env }: WorkerProgram): Worker {
  cluster.setupPrimary({ exec: script, args: [], execArgv: [...flags], stdio: ['ignore', output, output, 'ipc'] })
  const worker = cluster.fork(env)
  const pid = worker.process.pid ?? noPid
  const letGo = Number.isNaN(pid) ? () => {} : leash(pid)
  const ended = new Promise<Ending>((resolve) => {
    worker.once('error', (error) => resolve(error.message))
    worker.once('exit', (code, signal) => {
      letGo()
      resolve(endingOf(code, signal as NodeJS.Signals | null))
    })
  })
  const ready = new Promise<string>((resolve) => {
    worker.on('message', (message: unknown) => {
      if (isReadyMessage(message)) resolve(message.adminUrl)
    })
  })
  return { pid, ended, ready, signal: (name) => worker.process.kill(name) }
}

/** What `announceReady` of shared/lifecycle.ts sends. */
function isReadyMessage(message: unknown): message is { type: 'ready'; adminUrl: string } {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready'
}
