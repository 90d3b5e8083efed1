import { parseArgs } from 'node:util'
import { Refusal } from '../../services/cli/up/refusal.ts'
import { type Scenario, scenarios } from './ingest/scenarios.ts'

export type BenchOptions = { kind: 'help' } | IngestOptions

export type IngestOptions = {
  kind: 'ingest'
  /** Measured in each scenario of each round. */
  seconds: number
  rounds: number
  scenarios: readonly Scenario[]
  /** Settings of the stack on top of the environment. */
  env: Readonly<Record<string, string>>
  /** Scenario that runs once more at the end, under a profile of the producer. */
  profile: Scenario | undefined
}

/** Reads the command line after `bench`. Throws a Refusal that names the option, what is wrong with it and what it takes. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { positionals, values } = parse(args)
  if (values.help) return { kind: 'help' }
  if (positionals.join() !== 'ingest') throw new Refusal(usage)
  return {
    kind: 'ingest',
    seconds: positive('seconds', values.seconds),
    rounds: positive('rounds', values.rounds),
    scenarios: values.only === undefined ? scenarios : values.only.split(',').map((name) => named('only', name)),
    env: Object.fromEntries(values.env.map(setting)),
    profile: values.profile === undefined ? undefined : profiled(values.profile),
  }
}

export const usage = `npm run bench -- ingest [--seconds 8] [--rounds 3] [--only <scenario>,…] [--env NAME=VALUE]… [--profile <scenario>]

${scenarios.map(({ name, what }) => `  ${name.padEnd(12)} ${what}`).join('\n')}`

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        seconds: { type: 'string', default: '8' },
        rounds: { type: 'string', default: '3' },
        only: { type: 'string' },
        env: { type: 'string', multiple: true, default: [] },
        profile: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new Refusal(error instanceof Error ? error.message : String(error))
  }
}

function named(option: string, name: string): Scenario {
  const found = scenarios.find((one) => one.name === name)
  if (found === undefined) throw new Refusal(`--${option} ${name} is unknown.\n${usage}`)
  return found
}

function profiled(name: string): Scenario {
  const scenario = named('profile', name)
  if (scenario.kind === 'kafka') throw new Refusal(`--profile ${name} loads no producer.`)
  return scenario
}

function setting(text: string): [string, string] {
  const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) throw new Refusal(`--env ${text} is not of the form NAME=VALUE.`)
  return [name, value]
}

function positive(option: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new Refusal(`--${option} ${text} is not a whole number above 0.`)
}
