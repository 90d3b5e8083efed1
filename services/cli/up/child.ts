import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'

/** How a process ended, in words: "code 1" or "SIGKILL". */
export type Ending = string

/** One process that the launcher started. */
export type Child = {
  readonly pid: number
  readonly ended: Promise<Ending>
  signal(name: NodeJS.Signals): void
}

export type Program = {
  command: string
  args: readonly string[]
  /** File descriptor that takes its output. */
  output: number
  env?: Readonly<Record<string, string | undefined>>
}

/**
 * Runs in the same process that `exec` then turns into the program, so `$$` is the program's pid. The watcher holds the
 * reading end of our pipe: a line means that all is well, the end of it that the launcher died.
 */
const guardScript = '{ read -r line <&3 || kill -KILL $$; } & exec "$@" 3<&-'

/**
 * Starts a program that cannot outlive the launcher, whatever kills the launcher: a watcher beside it waits for the end
 * of a pipe that only we hold open, and kills the program then. A program whose watcher was killed is killed by us. In a
 * session of its own, so that no terminal signals it.
 */
export function startGuarded({ command, args, output, env }: Program): Child {
  const child = spawn('/bin/sh', ['-c', guardScript, 'guard', command, ...args], {
    stdio: ['ignore', output, output, 'pipe'],
    detached: true,
    env: { ...process.env, ...env },
  })
  const leash = child.stdio[3] as Socket
  leash.on('error', () => {}) // its close says all
  leash.resume().once('close', () => child.kill('SIGKILL'))
  const ended = new Promise<Ending>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => {
      leash.end('\n')
      resolve(endingOf(code, signal))
    })
  })
  return { pid: child.pid ?? -1, ended, signal: (name) => child.kill(name) }
}

/** The words for an exit code or signal. */
export function endingOf(code: number | null, signal: NodeJS.Signals | null): Ending {
  return signal ?? `code ${code}`
}

/** Sends SIGTERM and waits for the end; after `graceMs` SIGKILL. */
export async function endChild(child: Child, graceMs: number): Promise<void> {
  child.signal('SIGTERM')
  const killer = setTimeout(() => child.signal('SIGKILL'), graceMs)
  await child.ended
  clearTimeout(killer)
}
