/*
 * The launcher as a user starts it, by bootstrap.mjs, for tests about starting, refusing and ending. Tests about what
 * runs then use stack.ts.
 */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive } from './stack.ts'
import { until } from './until.ts'

export type ReadyFile = {
  launcherPid: number
  publishUrl: string
  redisUrl: string | null
  demoReceiverUrl: string
  processes: { name: string; service: string; pid: number; adminUrl: string | null }[]
}

export type Launched = {
  /** Process id of the bootstrap, which a user's Ctrl-C reaches. */
  pid: number
  /** Everything it has printed so far. */
  output(): string
  /** Its ready.json, as soon as there is one; throws with the output when it ends instead. */
  ready(): Promise<ReadyFile>
  /** Exit code, or the name of the signal that ended it; `output` is whole then. */
  ended(): Promise<number | string>
}

const bootstrap = new URL('../../services/cli/bootstrap.mjs', import.meta.url).pathname
const startCeilingMs = 120_000

/** Runs `node bootstrap.mjs up --dir <dir> <more>`; it ends with this process at the latest. */
export function launch(dir: string, more: readonly string[], env: NodeJS.ProcessEnv = process.env): Launched {
  const child = spawn(process.execPath, [bootstrap, 'up', '--dir', dir, ...more], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += text))
  const hasEnded = () => child.exitCode ?? child.signalCode
  const closed = new Promise<number | string>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown')),
  )
  return {
    pid: child.pid ?? -1,
    output: () => output,
    async ready() {
      await until('the launcher is ready', () => hasEnded() !== null || isReady(dir), startCeilingMs)
      if (hasEnded() !== null) throw new Error(`the launcher ended (${hasEnded()}):\n${output}`)
      return readyFile(dir)
    },
    ended: () => closed,
  }
}

/** A killed launcher leaves its ready.json behind until the next one starts. */
const isReady = (dir: string) => existsSync(join(dir, 'ready.json')) && isAlive(readyFile(dir).launcherPid)

/** ready.json of a run that is ready. */
export function readyFile(dir: string): ReadyFile {
  return JSON.parse(readFileSync(join(dir, 'ready.json'), 'utf8')) as ReadyFile
}

/** Every process whose command line or environment names the folder: a run's own, whatever it is called. */
export function processesOf(dir: string): string[] {
  const parts = (pid: string) => ['cmdline', 'environ'].map((file) => textOf(`/proc/${pid}/${file}`))
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => parts(pid).some((text) => text.includes(dir)))
    .map((pid) => `${pid} ${textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 120)}`)
}

/** Those that do something: a shell that watches one of them hears of its end a moment later, and ends then. */
export const programsOf = (dir: string): string[] => processesOf(dir).filter((line) => !/^\d+ \/bin\/sh -c /.test(line))

/** Waits until there is none of them any more. */
export async function untilGone(dir: string): Promise<void> {
  await until('every process of the run is gone', () => {
    const left = processesOf(dir)
    if (left.length > 0) throw new Error(left.join('\n'))
    return true
  })
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // ended meanwhile, or a zombie
  }
}
