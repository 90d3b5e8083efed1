import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, shown } from '../../services/cli/folders.ts'
import type { CpuProfile } from './hot-functions.ts'

const folder = join(root, '.tailrace/bench')

/** Keeps what a run found beside its start as JSON, and a CPU profile if there is one; gives the path to print. */
export function writeEvidence(kind: string, startedAt: Date, evidence: object, profile?: CpuProfile): string {
  const name = `${kind}-${startedAt.toISOString().replaceAll(':', '').slice(0, 17)}`
  mkdirSync(folder, { recursive: true })
  if (profile !== undefined) writeFileSync(join(folder, `${name}.cpuprofile`), JSON.stringify(profile))
  const path = join(folder, `${name}.json`)
  writeFileSync(path, `${JSON.stringify({ format: 1, startedAt, ...evidence }, undefined, 2)}\n`)
  return shown(path)
}

export function warn(name: string, error: unknown): void {
  console.error(`${name} did not stop:`, error)
}
