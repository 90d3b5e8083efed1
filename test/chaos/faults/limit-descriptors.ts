import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** What it may still open. */
const descriptorsMore = 4

/** From now on the process may open a few descriptors more than it has. Returns what lifts that. */
export async function limitDescriptors(pid: number): Promise<() => Promise<unknown>> {
  const before = await limitOf(pid, 'Max open files')
  const most = (await readdir(`/proc/${pid}/fd`)).length + descriptorsMore
  const set = (soft: string) => run('prlimit', ['--pid', String(pid), `--nofile=${soft}:`])
  await set(String(most))
  return () => set(before)
}

async function limitOf(pid: number, name: string): Promise<string> {
  const limits = await readFile(`/proc/${pid}/limits`, 'utf8')
  const line = limits.split('\n').find((one) => one.startsWith(name)) ?? ''
  const [soft = 'unlimited'] = line.slice(name.length).trim().split(/\s+/)
  return soft
}
