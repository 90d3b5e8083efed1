import { join } from 'node:path'
import { root, shown } from '../folders.ts'
import { endChild, startGuarded } from './child.ts'
import { lastLines } from './log-files.ts'
import { Refusal } from './refusal.ts'
import type { Run } from './run.ts'

const script = join(root, 'services/cli/init.ts')
const name = 'init'
const stopLimitMs = 2_000

/** Runs init to its end: keys, own topics, the stream demo and its subscription. What is there already stays as it is. */
export async function runInit({ logs, signal }: Run, env: Readonly<Record<string, string>>): Promise<void> {
  const child = startGuarded({ command: process.execPath, args: [script], env, output: logs.open(name) })
  const stop = () => void endChild(child, stopLimitMs)
  signal.addEventListener('abort', stop, { once: true })
  const ending = await child.ended
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
  if (ending === 'code 0') return
  const path = logs.path(name)
  throw new Refusal(`init failed (${ending}). The last lines of ${shown(path)}:\n\n${lastLines(path, 12)}`)
}
