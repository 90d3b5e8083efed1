import { mkdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Resources } from '#shared/lifecycle.ts'
import { portsAt } from '../../services/cli/up/ports.ts'
import { newSite, type Stack, type StackOptions, startStack } from '../support/stack.ts'
import type { BrokerSettings, StartWith } from './preparation.ts'
import { type PreparationName, type Prepared, preparations } from './preparations.ts'
import { pathWith } from './stand-ins.ts'

export type PreparedStack = { stack: Stack; prepared: Prepared }

/** Why this machine cannot prepare a stack so; empty when it can. */
export const obstacles = (needs: readonly PreparationName[]): string[] =>
  needs.flatMap((name) => {
    const missing = preparations[name].missing()
    return missing === false ? [] : [`${name}: ${missing}`]
  })

/** Prepares a stack and starts it; what was opened is closed with `resources`, the stack first. */
export async function startPrepared(needs: readonly PreparationName[], resources: Resources): Promise<PreparedStack> {
  const { dir, portOffset } = await newSite()
  resources.defer('folder', () => rm(dir, { recursive: true, force: true }))
  const site = { dir, portOffset, ports: portsAt(portOffset) }
  const handles: Partial<Record<PreparationName, unknown>> = {}
  const starts: StartWith[] = []
  for (const name of needs) {
    const part = await preparations[name].prepare(site)
    resources.defer(name, part.stop)
    handles[name] = part.handle
    starts.push(part.start)
  }
  const stack = await startStack({ site, ...together(starts, dir) })
  resources.defer('stack', stack.stop)
  return { stack, prepared: handles as Prepared }
}

/** What several preparations want of one start; what the launcher must find as files comes into `dir`. */
export function together(starts: readonly StartWith[], dir: string): Pick<StackOptions, 'env' | 'flags'> {
  const env = Object.assign({}, ...starts.map((start) => start.env ?? {}))
  const flags = starts.flatMap((start) => start.flags ?? [])
  const programs = starts.flatMap((start) => (start.programs === undefined ? [] : [start.programs]))
  if (programs.length > 0) env.PATH = pathWith(programs, join(dir, 'programs'))
  const brokers = new Map<string, BrokerSettings>()
  for (const [id, settings] of starts.flatMap((start) => Object.entries(start.brokers ?? {}))) {
    brokers.set(id, { ...brokers.get(id), ...settings })
  }
  if (brokers.size === 0) return { env, flags }
  const folder = join(dir, 'settings')
  mkdirSync(folder, { recursive: true })
  for (const [id, settings] of brokers) writeFileSync(join(folder, `${id}.properties`), linesOf(settings))
  return { env, flags: [...flags, '--broker-settings', folder] }
}

const linesOf = (settings: BrokerSettings): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
