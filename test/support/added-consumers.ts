/*
 * Consumers beside those that the launcher of a stack runs, as an operator adds them: same program, same settings. Nobody
 * starts them again when they end.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { runFolder } from '../../services/cli/folders.ts'
import { leash } from '../../services/cli/up/child.ts'
import { consumerFlags } from '../../services/cli/up/crew.ts'
import { commonEnvironment, secretFiles } from '../../services/cli/up/environment.ts'
import { portsAt } from '../../services/cli/up/ports.ts'
import { firstMessage } from './first-message.ts'
import type { StackProcess } from './stack.ts'

/** What one of them is called in a list of processes. */
export const addedService = 'added-consumer'

export type AddedConsumers = {
  /** Starts one and waits until it serves. */
  add(): Promise<StackProcess>
  /** Those that run now, oldest first. */
  list(): StackProcess[]
  /** Signals one and waits for its end. */
  end(name: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Stops all of them cleanly. */
  endAll(): Promise<void>
}

type Surroundings = {
  dir: string
  publishUrl: string
  brokers: readonly string[]
  redisUrl: string | null
  /** What they inherit. */
  env: NodeJS.ProcessEnv
}

type Added = StackProcess & { child: ChildProcess; ended: Promise<unknown> }

/** None at first. They end with this process, however it ends. */
export function addedConsumers(surroundings: Surroundings): AddedConsumers {
  const all = new Map<string, Added>()
  let count = 0
  const end = async (name: string, signal: NodeJS.Signals) => {
    const { child, ended } = all.get(name) ?? missing(name)
    child.kill(signal)
    await ended
  }
  return {
    async add() {
      count += 1
      const added = await start(`${addedService}-${count}`, surroundings, all)
      return rowOf(added)
    },
    list: () => [...all.values()].map(rowOf),
    end,
    endAll: async () => {
      await Promise.all([...all.keys()].map((name) => end(name, 'SIGTERM')))
    },
  }
}

async function start(name: string, surroundings: Surroundings, all: Map<string, Added>): Promise<Added> {
  const output = openSync(join(runFolder(surroundings.dir).log, `${name}.log`), 'a', 0o600)
  const script = new URL('../../services/consumer/main.ts', import.meta.url)
  const child = fork(script, {
    execArgv: [...consumerFlags],
    stdio: ['ignore', output, output, 'ipc'],
    env: { ...surroundings.env, ...settingsOf(surroundings), TAILRACE_INSTANCE_ID: name },
  })
  closeSync(output)
  const pid = child.pid ?? Number.NaN
  const release = leash(pid)
  const added: Added = { name, service: addedService, pid, adminUrl: null, child, ended: once(child, 'exit') }
  all.set(name, added)
  void added.ended.then(() => {
    release()
    all.delete(name)
  })
  const { adminUrl } = await firstMessage<{ adminUrl: string }>(child, name)
  return Object.assign(added, { adminUrl })
}

/** Those that the launcher gives its own ones, which it has from its ports. */
function settingsOf({ dir, publishUrl, brokers, redisUrl }: Surroundings): Record<string, string> {
  const folder = runFolder(dir)
  const ports = portsAt(Number(new URL(publishUrl).port) - portsAt(0).producer)
  return { ...commonEnvironment({ folder, ports, brokers, redisUrl: redisUrl ?? undefined }), ...secretFiles(folder) }
}

const rowOf = ({ name, service, pid, adminUrl }: Added): StackProcess => ({ name, service, pid, adminUrl })

function missing(name: string): never {
  throw new Error(`no added consumer is called ${name}`)
}
