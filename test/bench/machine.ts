import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { jarsFolder, root } from '../../services/cli/folders.ts'
import { figure } from './table.ts'

/** What figures depend on besides the code: to be kept beside them. */
export type Machine = {
  cores: number
  cpu: string
  memoryGb: number
  node: string
  kafka: string
  /** With `+changes` when the clone differs from it. */
  commit: string
  /** Processes that wanted a core in the minute before. */
  load: number
}

export function describeMachine(): Machine {
  const cores = cpus()
  return {
    cores: cores.length,
    cpu: cores[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1e9),
    node: process.version,
    kafka: kafkaVersion(readdirSync(jarsFolder)),
    commit: commit(),
    load: loadavg()[0] ?? Number.NaN,
  }
}

export function factsOf({ cores, cpu, memoryGb, node, kafka, commit, load }: Machine): string {
  return `${cores} cores (${cpu}), ${memoryGb} GB, Node ${node}, Kafka ${kafka}, commit ${commit}, load ${figure(load, 1)}`
}

/** By the name of the jar that every client and broker has. */
export function kafkaVersion(jars: readonly string[]): string {
  return jars.map((name) => /^kafka-clients-(.+)\.jar$/.exec(name)?.[1]).find((version) => version !== undefined) ?? '?'
}

function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim()
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : '+changes'}`
  } catch {
    return 'unknown'
  }
}
