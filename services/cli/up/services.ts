import { join } from 'node:path'
import { readConfig } from '#shared/config.ts'
import { messageOf } from '#shared/errors.ts'
import { clientIdPrefix } from '#shared/kafka/client-id.ts'
import { evictMembers } from '#shared/kafka/evict.ts'
import { root, shown } from '../folders.ts'
import { endChild } from './child.ts'
import { lastLines } from './log-files.ts'
import { Refusal } from './refusal.ts'
import type { Run } from './run.ts'
import { supervise } from './supervise.ts'
import { startWorker, type Worker } from './worker.ts'

/** One process of a service. `name` is its instance id. */
export type ServiceSpec = {
  name: string
  service: string
  /** Path in the clone. */
  script: string
  /** Of Node itself. */
  flags?: readonly string[]
  env: Readonly<Record<string, string>>
  /** Called at once when the process died without being asked to. */
  onDeath?: () => void
}

export type LocalService = {
  /** Resolves when it serves for the first time; rejects when it keeps dying before that. */
  readonly ready: Promise<void>
  stop(): Promise<void>
}

const triesToStart = 3
const startLimitMs = 60_000
/** Longer than the service's own grace period, which ends the process itself. */
const stopLimitMs = 35_000

/** Starts a service process and keeps it running. */
export function startService(run: Run, spec: ServiceSpec): LocalService {
  const { name } = spec
  const ready = Promise.withResolvers<void>()
  ready.promise.catch(() => {}) // whoever waits hears of it; nobody waits any more while the run is unwound
  let deaths = 0
  const giveUp = (why: string) => ready.reject(new Refusal(`${name} does not start: ${why}.${logOf(run, name)}`))
  const startLimit = setTimeout(() => giveUp(`not ready after ${startLimitMs / 1000} s`), startLimitMs)
  const start = () => {
    const { flags = [], env } = spec
    const worker = startWorker({ script: join(root, spec.script), flags, output: run.logs.open(name), env })
    void enterInTable(run, spec, worker).then(ready.resolve)
    return worker
  }
  const onDeath = (ending: string, waitMs: number) => {
    spec.onDeath?.()
    deaths += 1
    if (deaths === triesToStart) giveUp(`it ended ${deaths} times (${ending})`)
    run.tell(`${name} ended (${ending}); starting again in ${waitMs / 1000} s`)
  }
  const supervised = supervise({ start, onDeath })
  void ready.promise.finally(() => clearTimeout(startLimit)).catch(() => {})
  return {
    ready: ready.promise,
    async stop() {
      clearTimeout(startLimit)
      await supervised.stop((child) => endChild(child, stopLimitMs))
      run.processes.remove(name)
    },
  }
}

/** The pid at once, the admin address when the process serves. */
async function enterInTable({ processes }: Run, { name, service }: ServiceSpec, worker: Worker): Promise<void> {
  processes.set({ name, service, pid: worker.pid, adminUrl: null })
  processes.set({ name, service, pid: worker.pid, adminUrl: await worker.ready })
}

/**
 * A consumer that died still owns its partitions until its session times out (6 s); leaving its groups on its behalf
 * hands them over in under a second.
 */
export async function leaveGroupsFor(run: Run, brokers: readonly string[], instance: string): Promise<void> {
  const { TAILRACE_PREFIX: prefix } = readConfig(['TAILRACE_PREFIX'], process.env)
  try {
    await evictMembers(brokers, prefix, clientIdPrefix('consumer', instance))
  } catch (error) {
    run.tell(`the groups of ${instance} could not be left for it, its partitions move in 6 s: ${messageOf(error)}`)
  }
}

function logOf({ logs }: Run, name: string): string {
  const path = logs.path(name)
  return ` The last lines of ${shown(path)}:\n\n${lastLines(path, 12)}`
}
