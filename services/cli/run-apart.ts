import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { root } from './folders.ts'
import { runTask } from './task.ts'
import { Refusal } from './up/refusal.ts'

const graceMs = 90_000

/**
 * Makes a command of a script of the clone: it gets the arguments, in a process that ends when we are interrupted or gone.
 * `flags` are for Node.
 */
export function runApart(script: string, flags: readonly string[] = []): (args: readonly string[]) => Promise<never> {
  return (args) =>
    runTask(graceMs, async (signal) => {
      const child = fork(join(root, script), args, { execArgv: [...flags] })
      signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
      const [code] = await once(child, 'exit')
      if (code !== 0) throw new Refusal('')
    })
}
