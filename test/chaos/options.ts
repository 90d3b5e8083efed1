import { parseArgs } from 'node:util'
import { Refusal } from '../../services/cli/up/refusal.ts'
import type { Load } from './experiment.ts'
import { type FaultName, faults, isFaultName } from './faults.ts'
import { isScenarioName, type ScenarioName, scenarios } from './scenarios.ts'

export type ChaosOptions = { kind: 'list' } | RunOptions

export type RunOptions = {
  kind: 'run'
  plans: readonly Plan[]
  repeats: number
  /** Folder of a running stack to break; undefined for one of its own. */
  stackDir: string | undefined
}

/** One run: faults one after the other, or a scenario, and the load that they come into; `backlog` as its option says. */
export type Plan = { names: readonly FaultName[]; load: Load } | { scenario: ScenarioName; load: Load; backlog: number }

const quickLoad = { ratePerSecond: 150, keys: 100 }

/** Each fault once, in under five minutes all together; seconds of load. */
const quick: readonly Plan[] = [
  { names: ['kill-broker'], load: { ...quickLoad, seconds: 16 } },
  { names: ['kill-consumer'], load: { ...quickLoad, seconds: 14 } },
  { names: ['freeze-consumer'], load: { ...quickLoad, seconds: 30 } },
  { names: ['kill-everything'], load: { ...quickLoad, seconds: 16 } },
  { names: ['kill-redis'], load: { ...quickLoad, seconds: 12 } },
]

/** Reads the command line. Throws a Refusal that names the option, what is wrong with it and what it takes. */
export function readOptions(args: readonly string[]): ChaosOptions {
  const values = parse(args)
  if (values.list || values.help) return { kind: 'list' }
  const repeats = positive('repeats', values.repeats)
  const stackDir = values.stack
  if (values.quick) return { kind: 'run', plans: quick, repeats, stackDir }
  const load = {
    ratePerSecond: positive('rate', values.rate),
    seconds: positive('seconds', values.seconds),
    keys: positive('keys', values.keys),
  }
  const plan = planOf(values.fault, load, positive('backlog', values.backlog))
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
        quick: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        repeats: { type: 'string', default: '1' },
        rate: { type: 'string', default: '1000' },
        seconds: { type: 'string', default: '60' },
        keys: { type: 'string', default: '500' },
        backlog: { type: 'string', default: '200000' },
        stack: { type: 'string' },
      },
    })
    return values
  } catch (error) {
    throw new Refusal(error instanceof Error ? error.message : String(error))
  }
}

function planOf(text: string | undefined, load: Load, backlog: number): Plan {
  if (text === undefined) {
    throw new Refusal(`--fault is missing: name one, or several with commas, or take --quick.\n${faultList()}`)
  }
  if (isScenarioName(text)) return { scenario: text, load, backlog }
  return { names: text.split(',').map(faultName), load }
}

function faultName(name: string): FaultName {
  if (isFaultName(name)) return name
  if (isScenarioName(name)) throw new Refusal(`--fault ${name} is a run of its own: name it without others.`)
  throw new Refusal(`--fault ${name} is unknown; there are:\n${faultList()}`)
}

function positive(option: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new Refusal(`--${option} ${text} is not a whole number above 0.`)
}
