import { isAlive, type StackProcess } from '../../support/stack.ts'
import { until } from '../../support/until.ts'
import type { Experiment } from '../experiment.ts'
import { monotonicNs } from '../history.ts'

const longestExitMs = 120_000

/** Waits until a process that was just asked to stop is gone, and writes down how long that took. */
export async function awaitExit(
  { run, note }: Experiment,
  { name, pid }: StackProcess,
  askedNs: number,
): Promise<void> {
  await until(`${name} has ended`, () => !isAlive(pid), longestExitMs)
  note({ op: 'exit', run, actor: 'driver', ns: monotonicNs(), victim: name, signal: 'SIGTERM', askedNs })
}
