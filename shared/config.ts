import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { Ajv, type ErrorObject } from 'ajv'
import envSchema from 'env-schema'
import type { Static } from 'typebox'
import { messageOf } from './errors.ts'
import { type SettingName, secretSettings, settings } from './settings.ts'

type Environment = Readonly<Record<string, string | undefined>>
type Setting = string | number

/** The settings a service asked for, checked and with their defaults. */
export type Config<Name extends SettingName> = {
  readonly [K in Name]: Static<(typeof settings)[K]>
}

/** What is wrong with the environment: every fault at once, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`the environment has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n  ${faults.join('\n  ')}`)
    this.faults = faults
  }
}

/**
 * Reads the named settings from the environment. `<NAME>_FILE` gives a secret by file. Throws one `ConfigError` that names
 * every bad value, unreadable file and unknown `TAILRACE_` variable (with the nearest known name).
 */
export function readConfig<Name extends SettingName>(names: readonly Name[], env: Environment): Config<Name> {
  const faults = unknownNames(env)
  const data = withFiles(names, env, faults)
  const schema = { type: 'object', properties: Object.fromEntries(names.map((name) => [name, settings[name]])) }
  const ajv = new Ajv({ allErrors: true, useDefaults: true, coerceTypes: true, removeAdditional: true, strict: false })
  try {
    const config = envSchema<Record<string, Setting>>({ schema, data, env: false, ajv })
    if (faults.length === 0) return withInstance(config) as Config<Name>
  } catch (error) {
    const found = (error as { errors?: ErrorObject[] }).errors
    if (found === undefined) throw error
    faults.push(...describe(found, data))
  }
  throw new ConfigError(faults)
}

/** The effective settings for the log, secrets masked. */
export function maskedConfig(config: Readonly<Record<string, Setting>>): Record<string, Setting> {
  const shown = (name: string, value: Setting) =>
    secretSettings.has(name as SettingName) && value !== '' ? '(set)' : value
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, shown(name, value)]))
}

function withInstance(config: Record<string, Setting>): Record<string, Setting> {
  return config.TAILRACE_INSTANCE_ID === '' ? { ...config, TAILRACE_INSTANCE_ID: hostname() } : config
}

function withFiles(names: readonly SettingName[], env: Environment, faults: string[]): Record<string, string> {
  const data: Record<string, string> = {}
  for (const name of names) {
    const path = secretSettings.has(name) ? env[`${name}_FILE`] : undefined
    const value = env[name]
    if (path !== undefined && value !== undefined) faults.push(`${name} and ${name}_FILE are both set; keep one`)
    else if (path !== undefined) data[name] = readSecret(name, path, faults)
    else if (value !== undefined) data[name] = value
  }
  return data
}

function readSecret(name: string, path: string, faults: string[]): string {
  try {
    const value = readFileSync(path, 'utf8').trim()
    if (value === '') faults.push(`${name}_FILE: ${path} is empty`)
    return value
  } catch (error) {
    faults.push(`${name}_FILE: ${messageOf(error)}`)
    return ''
  }
}

function unknownNames(env: Environment): string[] {
  const known = Object.keys(settings).flatMap((name) =>
    secretSettings.has(name as SettingName) ? [name, `${name}_FILE`] : [name],
  )
  return Object.keys(env)
    .filter((name) => name.startsWith('TAILRACE_') && !known.includes(name))
    .map((name) => `${name} is not a setting; did you mean ${nearest(name, known)}?`)
}

function describe(errors: readonly ErrorObject[], data: Readonly<Record<string, string>>): string[] {
  return errors
    .filter((error) => error.keyword !== 'anyOf' || error.instancePath !== '')
    .filter((error) => error.keyword !== 'const')
    .map((error) => {
      const name = error.instancePath.slice(1)
      const value = secretSettings.has(name as SettingName) ? '(hidden)' : JSON.stringify(data[name])
      return `${name}=${value}: ${error.message ?? error.keyword} (${Reflect.get(settings[name as SettingName], 'description')})`
    })
}

/** The known name with the fewest edits from `name`. */
export function nearest(name: string, known: readonly string[]): string {
  const ranked = known.map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
  return ranked.reduce((best, next) => (next.distance < best.distance ? next : best)).candidate
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
