/*
 * The stack of docker-compose.yml as faults see it: a process is what runs in a container, and what ends, freezes or cuts it is
 * done to the container.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Resources } from '#shared/lifecycle.ts'
import { brokerIds } from '../../services/cli/up/broker.ts'
import type { AddedConsumers } from '../support/added-consumers.ts'
import { byName, type Containers, type Stack, type StackProcess, tailsIn } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { act, type Container, compose, containerNamed, containers, ports, takeOff } from './engine.ts'
import { attachComposeStack, nameBrokers, untilUp } from './running-stack.ts'
import { createUndoing } from './undoing.ts'

/** Where Kafka and Redis are, and what every process of ours needs. */
const network = 'core'
const adminPort = 9464
/** Those that a fault may hit, or a run waits for; the others of the file only look on. */
const own: readonly string[] = ['producer', 'consumer', 'console']
const brokers: readonly string[] = brokerIds.map((id) => `kafka-${id}`)

/** Uses the stack of the project where it runs, and lets it run; else starts one, which goes with `resources`. */
export async function openContainerStack(resources: Resources): Promise<Stack> {
  if (!(await containers()).some(({ running }) => running)) {
    // Nothing of it is kept, so nothing needs to end well.
    resources.defer('containers', () => compose('down', '-v', '--remove-orphans', '--timeout', '0'))
    await compose('up', '-d', '--build')
  }
  await untilUp()
  const system = await attachComposeStack()
  const dir = await mkdtemp(join(tmpdir(), 'tailrace-containers-'))
  resources.defer('folder', () => rm(dir, { recursive: true }))
  const logs = async () => {
    await saveLogs(dir)
    return dir
  }
  return {
    ...system,
    dir,
    consoleUrl: `http://127.0.0.1:${ports.console}`,
    redisUrl: `redis://${(await containers()).find(({ service }) => service === 'redis')?.addresses[network]}:6379`,
    added: nobodyAdded,
    ...byName(async () => (await containers()).flatMap(processOf)),
    logs,
    logTails: async (lines = 15) => tailsIn(await logs(), lines),
    containers: breakable(resources),
  }
}

/** Whatever is not undone yet is, before anything else of `resources` goes: a stack that was there before is left whole. */
function breakable(resources: Resources): Containers {
  const undoing = createUndoing(untilPlaced)
  resources.defer('what was broken', undoing.undoAll)
  return {
    kill: undoing.of(async (name) => {
      await act('kill', name)
      return () => act('start', name)
    }),
    pause: undoing.of(async (name) => {
      await act('pause', name)
      return () => act('unpause', name)
    }),
    cut: undoing.of((name) => takeOff(name, network)),
  }
}

/** A container that comes back may have another address. */
async function untilPlaced(name: string): Promise<void> {
  await until(`${name} has an address`, async () => {
    const { running, addresses } = await containerNamed(name)
    return running && addresses[network]
  })
  await nameBrokers()
}

/** A container that is down has no process, and one that is cut off cannot be asked. */
export function processOf({ id, name, service, running, pid, addresses }: Container): StackProcess[] {
  const kind = brokers.includes(service) ? 'kafka' : service
  if (kind !== 'kafka' && kind !== 'redis' && !own.includes(kind)) return []
  const address = addresses[network] ?? ''
  const adminUrl = own.includes(kind) && address !== '' ? `http://${address}:${adminPort}` : null
  return [{ name, service: kind, pid: running ? pid : Number.NaN, adminUrl, instance: id.slice(0, 12) }]
}

const nobodyAdded: AddedConsumers = {
  add: () => Promise.reject(new Error('consumers are added to a stack of processes alone')),
  list: () => [],
  end: (name) => Promise.reject(new Error(`no added consumer is called ${name}`)),
  endAll: () => Promise.resolve(),
}

/** What every container has said since it was made, a file each. */
async function saveLogs(folder: string): Promise<void> {
  const saving = (await containers()).map(async ({ id, name }) => {
    const output = openSync(join(folder, `${name}.log`), 'w')
    const child = spawn('docker', ['logs', id], { stdio: ['ignore', output, output] })
    closeSync(output)
    await once(child, 'exit')
  })
  await Promise.all(saving)
}
