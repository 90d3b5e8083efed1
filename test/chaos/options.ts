import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { Refusal } from '../../services/cli/up/refusal.ts'
import type { Load } from './experiment.ts'
import { type FaultName, faults, isFaultName } from './faults.ts'
import { isMixName, type MixName, mixedRunMixes, mixes, usualMixes } from './load/mixes.ts'
import { isScenarioName, type ScenarioName, scenarios } from './scenarios.ts'

export type ChaosOptions = { kind: 'list' } | RunOptions

export type RunOptions = {
  kind: 'run'
  plans: readonly Plan[]
  repeats: number
  /** Folder of a running stack to break; undefined for one of its own. */
  stackDir: string | undefined
}

/**
 * One run: faults one after the other, faults drawn by a seed (repeated runs take the next seeds), or a scenario, and the
 * load that they come into; `backlog` as its option says.
 */
export type Plan =
  | { names: readonly FaultName[]; load: Load; subscriptions: readonly MixName[] }
  | { seed: number; load: Load; subscriptions: readonly MixName[] }
  | { scenario: ScenarioName; load: Load; backlog: number }

const quickRun = (name: FaultName, seconds: number): Plan => ({
  names: [name],
  load: { ratePerSecond: 150, keys: 100, seconds },
  subscriptions: usualMixes,
})

/** Each fault once, in under five minutes all together; seconds of load. */
const quick: readonly Plan[] = [
  quickRun('kill-broker', 16),
  quickRun('kill-consumer', 14),
  quickRun('freeze-consumer', 30),
  quickRun('kill-everything', 16),
  quickRun('kill-redis', 12),
]

/** Reads the command line. Throws a Refusal that names the option, what is wrong with it and what it takes. */
export function readOptions(args: readonly string[]): ChaosOptions {
  const values = parse(args)
  if (values.list || values.help) return { kind: 'list' }
  const repeats = positive('repeats', values.repeats)
  const stackDir = values.stack
  if (values.quick) return { kind: 'run', plans: quick, repeats, stackDir }
  const plan = values.mix ? mixOf(values) : planOf(values)
  return { kind: 'run', plans: [plan], repeats, stackDir }
}

/** Every fault with its line. */
export const faultList = (): string =>
  Object.entries({ ...faults, ...scenarios })
    .map(([name, { what }]) => `  ${name.padEnd(30)} ${what}`)
    .join('\n')

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        fault: { type: 'string' },
        mix: { type: 'boolean', default: false },
        minutes: { type: 'string', default: '20' },
        seed: { type: 'string', default: String(randomInt(1_000_000)) },
        quick: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        repeats: { type: 'string', default: '1' },
        rate: { type: 'string' },
        seconds: { type: 'string', default: '60' },
        keys: { type: 'string', default: '500' },
        backlog: { type: 'string', default: '200000' },
        subscriptions: { type: 'string' },
        stack: { type: 'string' },
      },
    })
    return values
  } catch (error) {
    throw new Refusal(error instanceof Error ? error.message : String(error))
  }
}

type Values = ReturnType<typeof parse>

function mixOf(values: Values): Plan {
  if (values.fault !== undefined) throw new Refusal('--mix draws its faults itself: leave out --fault.')
  const load = loadOf(values, { ratePerSecond: '200', seconds: 60 * positive('minutes', values.minutes) })
  return { seed: natural('seed', values.seed), load, subscriptions: mixNames(values, mixedRunMixes) }
}

function planOf(values: Values): Plan {
  const { fault: text, backlog } = values
  if (text === undefined) {
    throw new Refusal(`--fault is missing: name one, or several with commas, or take --quick or --mix.\n${faultList()}`)
  }
  const load = loadOf(values, { ratePerSecond: '1000', seconds: positive('seconds', values.seconds) })
  if (isScenarioName(text)) return { scenario: text, load, backlog: positive('backlog', backlog) }
  return { names: text.split(',').map(faultName), load, subscriptions: mixNames(values, usualMixes) }
}

const loadOf = ({ rate, keys }: Values, usual: { ratePerSecond: string; seconds: number }): Load => ({
  ratePerSecond: positive('rate', rate ?? usual.ratePerSecond),
  seconds: usual.seconds,
  keys: positive('keys', keys),
})

function faultName(name: string): FaultName {
  if (isFaultName(name)) return name
  if (isScenarioName(name)) throw new Refusal(`--fault ${name} is a run of its own: name it without others.`)
  throw new Refusal(`--fault ${name} is unknown; there are:\n${faultList()}`)
}

function mixNames({ subscriptions }: Values, usual: readonly MixName[]): readonly MixName[] {
  return subscriptions?.split(',').map(mixName) ?? usual
}

function mixName(name: string): MixName {
  if (isMixName(name)) return name
  throw new Refusal(`--subscriptions ${name} is unknown; there are ${Object.keys(mixes).join(', ')}.`)
}

function positive(option: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new Refusal(`--${option} ${text} is not a whole number above 0.`)
}

function natural(option: string, text: string): number {
  const value = Number(text)
  if (text !== '' && Number.isSafeInteger(value) && value >= 0) return value
  throw new Refusal(`--${option} ${text} is not a whole number from 0.`)
}
