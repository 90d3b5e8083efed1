import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { root } from './folders.ts'
import { runTask } from './task.ts'
import { Refusal } from './up/refusal.ts'

const graceMs = 90_000

/** Runs the fault runner with its arguments in a process of its own; it ends when we are interrupted or gone. */
export function runChaos(args: readonly string[]): Promise<never> {
  return runTask(graceMs, async (signal) => {
    const child = fork(join(root, 'test/chaos/run.ts'), args, { execArgv: [] })
    signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
    const [code] = await once(child, 'exit')
    if (code !== 0) throw new Refusal('')
  })
}
