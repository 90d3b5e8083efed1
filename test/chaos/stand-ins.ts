import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { programPath } from '../../services/cli/up/program-path.ts'

/** How a program of the machine is started instead: with arguments after its own, without some variables. */
export type StandIn = { args?: readonly string[]; without?: readonly string[] }

export type StandIns = Readonly<Record<string, StandIn>>

/** Writes a script for each program into `folder`; a `PATH` on which these are found first. Several wishes add up. */
export function pathWith(standIns: readonly StandIns[], folder: string): string {
  mkdirSync(folder, { recursive: true })
  for (const name of new Set(standIns.flatMap(Object.keys))) {
    const wishes = standIns.flatMap((each) => each[name] ?? [])
    writeFileSync(join(folder, name), scriptOf(programPath(name) ?? name, wishes))
    chmodSync(join(folder, name), 0o755)
  }
  return [folder, process.env.PATH ?? ''].join(delimiter)
}

function scriptOf(path: string, wishes: readonly StandIn[]): string {
  const unset = wishes.flatMap((wish) => wish.without ?? []).map((variable) => `unset ${variable}\n`)
  const args = wishes.flatMap((wish) => wish.args ?? []).map((argument) => ` '${argument}'`)
  return `#!/bin/sh\n${unset.join('')}exec '${path}' "$@"${args.join('')}\n`
}
