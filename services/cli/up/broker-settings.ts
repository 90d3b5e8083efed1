import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal } from './refusal.ts'

const fileOf = (folder: string, id: number) => join(folder, `${id}.properties`)

/**
 * What somebody puts on top of our settings of one broker: the lines `name=value` of `<folder>/<id>.properties`, nothing if
 * there is no such file. Throws a Refusal that quotes a line that is none.
 */
export function readBrokerSettings(folder: string, id: number): Record<string, string> {
  const path = fileOf(folder, id)
  if (!existsSync(path)) return {}
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(lines.map((line) => settingOf(line, path)))
}

/** Throws a Refusal when the folder has no settings for any broker: a mistyped one would change nothing. */
export function refuseWithoutSettings(folder: string, ids: readonly number[]): void {
  const paths = ids.map((id) => fileOf(folder, id))
  if (paths.some((path) => existsSync(path))) return
  throw new Refusal(`--broker-settings ${folder}: it has none of ${ids.map((id) => `${id}.properties`).join(', ')}.`)
}

function settingOf(line: string, path: string): [string, string] {
  const at = line.indexOf('=')
  if (at < 1) throw new Refusal(`--broker-settings: "${line}" in ${path} is not name=value.`)
  return [line.slice(0, at).trim(), line.slice(at + 1).trim()]
}
