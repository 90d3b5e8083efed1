import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import type { Undo } from '../support/stack.ts'

export const project = 'tailrace-ci'

/** Ports of their own, so that a stack that somebody uses may run beside this one. */
export const ports = { gateway: 18_080, console: 18_090, demo: 18_070 }

/** One container of the project. `name` is that of its service with the number of the replica: `consumer-2`. */
export type Container = {
  id: string
  name: string
  service: string
  startedAt: string
  running: boolean
  healthy: boolean
  exitCode: number
  /** Ports of this machine that lead to it, with the address they are bound to. */
  published: readonly string[]
  /** Its address on each network of the project, by the name in the compose file. */
  addresses: Readonly<Record<string, string>>
  /** What others call it on each of these networks. */
  aliases: Readonly<Record<string, readonly string[]>>
  /** Process id of what runs in it, as this machine counts; 0 when nothing does. */
  pid: number
}

const root = new URL('../../', import.meta.url).pathname
const environment = {
  ...process.env,
  COMPOSE_PROJECT_NAME: project,
  GATEWAY_PORT: String(ports.gateway),
  CONSOLE_PORT: String(ports.console),
  DEMO_PORT: String(ports.demo),
}
const ofProject = ['--filter', `label=com.docker.compose.project=${project}`]

/** Whatever is given to `docker compose` or docker-compose, whichever is there. Throws with its output when it fails. */
export async function compose(...args: readonly string[]): Promise<string> {
  const options = { cwd: root, env: environment, maxBuffer: 1 << 26 }
  const [command, ...first] = composeCommand()
  const { stdout } = await promisify(execFile)(command, [...first, ...args], options)
  return stdout
}

export async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('docker', args, { maxBuffer: 1 << 26 })
  return stdout.trim()
}

/** Which compose this is, for a report. */
export function generation(): string {
  const [command, ...first] = composeCommand()
  return execFileSync(command, [...first, 'version', '--short'], { encoding: 'utf8' }).trim()
}

/** Containers of the project, found by label: the two generations name them differently. */
export async function containers(): Promise<Container[]> {
  const ids = lines(await docker('ps', '-aq', ...ofProject))
  if (ids.length === 0) return []
  return (JSON.parse(await docker('inspect', ...ids)) as Inspected[]).map(describe)
}

/** The container that has this name now. */
export async function containerNamed(name: string): Promise<Container> {
  const found = (await containers()).find((one) => one.name === name)
  if (found === undefined) throw new Error(`no container is called ${name}`)
  return found
}

/** Runs `docker <verb>` on the container that has this name now. */
export async function act(verb: 'kill' | 'start' | 'stop' | 'pause' | 'unpause', name: string): Promise<void> {
  await docker(verb, (await containerNamed(name)).id)
}

/** Takes the container off a network of the project. What this returns puts it back, under the names that it had there. */
export async function takeOff(name: string, network: string): Promise<Undo> {
  const { id, aliases } = await containerNamed(name)
  const own = aliases[network]
  if (own === undefined) throw new Error(`${name} is not on the network ${network}`)
  const place = [`${project}_${network}`, id]
  await docker('network', 'disconnect', ...place)
  const names = own.filter((alias) => !id.startsWith(alias)).flatMap((alias) => ['--alias', alias])
  return async () => {
    await docker('network', 'connect', ...names, ...place)
  }
}

/** Everything of the project that the engine still knows: containers, networks, volumes. */
export async function leftovers(): Promise<string[]> {
  const kinds = [
    ['ps', '-a'],
    ['network', 'ls'],
    ['volume', 'ls'],
  ]
  const found = await Promise.all(kinds.map((kind) => docker(...kind, '-q', ...ofProject)))
  return found.flatMap(lines)
}

let known: readonly [string, ...string[]] | undefined

function composeCommand(): readonly [string, ...string[]] {
  known ??= spawnSync('docker', ['compose', 'version']).status === 0 ? ['docker', 'compose'] : ['docker-compose']
  return known
}

type Inspected = {
  Id: string
  State: { Running: boolean; StartedAt: string; ExitCode: number; Pid: number; Health?: { Status: string } }
  Config: { Labels: Record<string, string> }
  NetworkSettings: {
    Networks: Record<string, { IPAddress: string; Aliases: string[] | null }>
    Ports: Record<string, { HostIp: string; HostPort: string }[] | null>
  }
}

function describe({ Id, State, Config, NetworkSettings }: Inspected): Container {
  const service = Config.Labels['com.docker.compose.service'] ?? ''
  const number = Config.Labels['com.docker.compose.container-number'] ?? ''
  const networks = Object.entries(NetworkSettings.Networks).map(
    ([network, place]) => [network.slice(project.length + 1), place] as const,
  )
  return {
    id: Id,
    service,
    name: service.startsWith('kafka-') ? service : `${service}-${number}`,
    startedAt: State.StartedAt,
    running: State.Running,
    healthy: State.Health?.Status === 'healthy',
    exitCode: State.ExitCode,
    published: Object.values(NetworkSettings.Ports)
      .flatMap((bindings) => bindings ?? [])
      .map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}`),
    addresses: Object.fromEntries(networks.map(([network, { IPAddress }]) => [network, IPAddress])),
    aliases: Object.fromEntries(networks.map(([network, { Aliases }]) => [network, Aliases ?? []])),
    pid: State.Pid,
  }
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '')
