/*
 * The product as a user starts it: `tailrace up` in a folder of its own, on ports of its own.
 *
 * `npm test` starts one stack for all end-to-end tests (e2e-setup.ts) and names its folder in E2E_STACK; a test file that
 * is run alone starts one itself.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { runFolder } from '../../services/cli/folders.ts'
import { freePortOffset } from '../../services/cli/up/ports.ts'
import { type AddedConsumers, addedConsumers } from './added-consumers.ts'
import { type Api, openApi } from './api.ts'
import { defer } from './defer.ts'
import { until } from './until.ts'

/** `instance` is how it calls itself to the product, where that is not its name. */
export type StackProcess = { name: string; service: string; pid: number; adminUrl: string | null; instance?: string }

/** What an experiment needs of the product. `receivers`: where they listen and what targets call them, if not 127.0.0.1. */
export type System = {
  publishUrl: string
  brokers: readonly string[]
  adminKey: string
  api: Api
  receivers?: { host: string; name: string }
  /** A folder with whatever the product's services have logged by now, where that can be had. */
  logs?(): Promise<string>
  /** Those of this machine, where they are known. */
  processes?(): Promise<readonly StackProcess[]>
}

/** A running stack. Names are those of ready.json: `kafka-1`, `producer-1`, `consumer-2`, … */
export type Stack = System & {
  dir: string
  consoleUrl: string
  /** Null without Redis. */
  redisUrl: string | null
  /** Consumers beside those of the launcher. Whoever adds some ends them; those of a stack of its own end with it. */
  added: AddedConsumers
  /** Those of ready.json, and what was added. */
  processes(): Promise<readonly StackProcess[]>
  process(name: string): Promise<StackProcess>
  /** Signals the process that has this name now. */
  kill(name: string, signal: NodeJS.Signals): Promise<StackProcess>
  /** The last lines of every log that are no everyday information. */
  logTails(lines?: number): Promise<string>
  /** Where its processes run in containers. */
  containers?: Containers
}

/** What a fault can do to a container by its name. What each returns undoes it, once, however often it is called. */
export type Containers = {
  /** The engine does not start it again. */
  kill(name: string): Promise<Undo>
  pause(name: string): Promise<Undo>
  /** Takes it off the network of Kafka and Redis. */
  cut(name: string): Promise<Undo>
}

export type Undo = () => Promise<void>

export type OwnedStack = Stack & {
  /** Ctrl-C, as a user does; throws when a process of the run is left behind. Removes the folder unless it was given. */
  stop(): Promise<void>
}

export type StackOptions = {
  producers?: number
  consumers?: number
  env?: Readonly<Record<string, string>>
  /** Where it is when somebody chose that before; whoever did removes the folder too. */
  site?: { dir: string; portOffset: number }
  /** More for `tailrace up`. */
  flags?: readonly string[]
}

const startCeilingMs = 120_000
const stopCeilingMs = 60_000

/** The stack of this run of tests, or one of its own for `t`. The log tails are printed when the test fails. */
export async function useStack(t: TestContext): Promise<Stack> {
  const shared = process.env.E2E_STACK
  const stack = shared === undefined ? await startStack() : await attachStack(shared)
  defer(t, async () => {
    if (!hasPassed(t)) process.stderr.write(await stack.logTails())
    if ('stop' in stack) await (stack as OwnedStack).stop()
  })
  return stack
}

/** Starts a stack and waits until it says that it is ready. Throws with the end of its output when it does not. */
export async function startStack(options: StackOptions = {}): Promise<OwnedStack> {
  const { dir, portOffset } = options.site ?? (await newSite())
  const launcher = launch(dir, portOffset, options)
  try {
    await until('the stack is ready', async () => ended(launcher) || (await readReady(dir)), startCeilingMs)
    if (ended(launcher)) throw new Error('the launcher ended')
    const stack = await attachStack(dir)
    const removesFolder = options.site === undefined
    return { ...stack, stop: () => stop(stack, launcher, removesFolder) }
  } catch (error) {
    launcher.kill('SIGINT')
    await until('the launcher ends', () => ended(launcher), stopCeilingMs)
    throw new Error(`the stack did not start:\n${await outputOf(dir)}`, { cause: error })
  }
}

/** A new folder, and an offset at which all ports are free. */
export const newSite = async (): Promise<{ dir: string; portOffset: number }> => ({
  dir: await mkdtemp(join(tmpdir(), 'tailrace-stack-')),
  portOffset: await freePortOffset(),
})

/** A running stack by its folder. */
export async function attachStack(dir: string): Promise<Stack> {
  const ready = await readReady(dir)
  if (ready === undefined) throw new Error(`no stack is ready in ${dir}`)
  const adminKey = (await readFile(join(dir, 'admin.key'), 'utf8')).trim()
  const places = { publishUrl: ready.publishUrl, consoleUrl: ready.consoleUrl, adminKey }
  const { publishUrl, redisUrl, kafkaBrokers: brokers } = ready
  const logFolder = runFolder(dir).log
  const added = addedConsumers({ dir, publishUrl, brokers, redisUrl, env: withoutConnections(process.env) })
  const processes = async () => {
    const { processes: launched } = await until('ready.json can be read', () => readReady(dir))
    return [...launched, ...added.list()]
  }
  return {
    dir,
    ...places,
    redisUrl,
    brokers,
    added,
    api: openApi(places),
    ...byName(processes),
    logs: () => Promise.resolve(logFolder),
    logTails: (lines = 15) => logTails({ dir, logFolder }, lines),
  }
}

/** How a stack with these processes finds one by its name, and signals it. */
export function byName(processes: Stack['processes']): Pick<Stack, 'processes' | 'process' | 'kill'> {
  const named = async (name: string) => {
    const found = (await processes()).find((one) => one.name === name)
    if (found === undefined) throw new Error(`no process is called ${name}`)
    return found
  }
  return {
    processes,
    process: named,
    kill: async (name, signal) => {
      const victim = await named(name)
      process.kill(victim.pid, signal)
      return victim
    },
  }
}

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Node has it since 20.12; its type package does not name it. */
const hasPassed = (t: TestContext): boolean => (t as TestContext & { passed: boolean }).passed

type Ready = {
  publishUrl: string
  consoleUrl: string
  kafkaBrokers: string[]
  redisUrl: string | null
  processes: StackProcess[]
}

function launch(
  dir: string,
  portOffset: number,
  { producers = 2, consumers = 2, env = {}, flags: more = [] }: StackOptions,
): ChildProcess {
  const output = openSync(join(dir, 'launcher.out'), 'a')
  const main = new URL('../../services/cli/main.ts', import.meta.url).pathname
  const flags = ['--dir', dir, '--port-offset', portOffset, '--producers', producers, '--consumers', consumers, ...more]
  const child = spawn(process.execPath, [main, 'up', ...flags.map(String)], {
    stdio: ['ignore', output, output, 'ipc'], // a launcher ends with whoever holds its channel, a killed test run too
    env: { ...withoutConnections(process.env), ...env },
  })
  closeSync(output)
  return child
}

/** The run has brokers and a Redis of its own; those of the tests around it must not reach it. */
function withoutConnections({ KAFKA_BROKERS, REDIS_URL, NODE_TEST_CONTEXT, ...rest }: NodeJS.ProcessEnv) {
  return rest
}

async function stop(stack: Stack, launcher: ChildProcess, removesFolder: boolean): Promise<void> {
  await stack.added.endAll()
  const pids = (await stack.processes()).map((one) => one.pid)
  launcher.kill('SIGINT')
  await until('the launcher ends', () => ended(launcher), stopCeilingMs)
  const left = pids.filter(isAlive)
  if (launcher.exitCode !== 0 || left.length > 0) {
    const outcome = `code ${launcher.exitCode}, signal ${launcher.signalCode}, still alive: ${left.join(' ') || 'none'}`
    throw new Error(`the stack did not stop cleanly (${outcome}):\n${await outputOf(stack.dir)}`)
  }
  if (removesFolder) await rm(stack.dir, { recursive: true })
}

async function readReady(dir: string): Promise<Ready | undefined> {
  try {
    return JSON.parse(await readFile(join(dir, 'ready.json'), 'utf8')) as Ready
  } catch {
    return undefined
  }
}

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

const outputOf = (dir: string): Promise<string> => readFile(join(dir, 'launcher.out'), 'utf8')

async function logTails({ dir, logFolder }: { dir: string; logFolder: string }, lines: number): Promise<string> {
  return (await tailsOf([join(dir, 'launcher.out')], lines)) + (await tailsIn(logFolder, lines))
}

/** The ends of all logs in a folder without the lines of a healthy run: what is left fits on a screen. */
export async function tailsIn(folder: string, lines: number): Promise<string> {
  const files = await readdir(folder).catch((): string[] => [])
  return tailsOf(
    files.map((file) => join(folder, file)),
    lines,
  )
}

async function tailsOf(paths: readonly string[], lines: number): Promise<string> {
  const tails = paths.map(async (path) => {
    const text = await readFile(path, 'utf8').catch(() => '')
    const telling = text.split('\n').filter((line) => line !== '' && !line.startsWith('{"level":"info"'))
    return `── ${path}\n${telling
      .slice(-lines)
      .map((line) => `${line.slice(0, 400)}\n`)
      .join('')}`
  })
  return (await Promise.all(tails)).join('')
}
