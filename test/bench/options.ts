import { parseArgs } from 'node:util'
import { Refusal } from '../../services/cli/up/refusal.ts'
import { type DeliveryScenario, deliveryScenarios } from './delivery/scenarios.ts'
import { type EndToEndScenario, endToEndScenarios } from './e2e/scenarios.ts'
import { type Scenario, scenarios } from './ingest/scenarios.ts'

export type BenchOptions =
  | { kind: 'help' }
  | IndexOptions
  | PageOptions
  | IngestOptions
  | DeliveryOptions
  | EndToEndOptions

type Common<Chosen> = {
  /** Measured in each scenario of each round; what works off a backlog takes the time it takes. */
  seconds: number
  rounds: number
  scenarios: readonly Chosen[]
  /** Settings of the services on top of the environment. */
  env: Readonly<Record<string, string>>
}

export type IndexOptions = { kind: 'index'; deliveries: number; questions: number }
export type PageOptions = { kind: 'page'; seconds: number }
export type DeliveryOptions = Common<DeliveryScenario> & { kind: 'delivery' }
export type EndToEndOptions = Common<EndToEndScenario> & { kind: 'e2e' }

export type IngestOptions = Common<Scenario> & {
  kind: 'ingest'
  /** Scenario that runs once more at the end, under a profile of the producer. */
  profile: Scenario | undefined
}

/** Reads the command line after `bench`. Throws a Refusal that names the option, what is wrong with it and what it takes. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { positionals, values } = parse(args)
  if (values.help) return { kind: 'help' }
  const kind = positionals.join()
  const { only, profile } = values
  const common = <T extends Named>(all: readonly T[]): Common<T> => ({
    seconds: positive('seconds', values.seconds),
    rounds: positive('rounds', values.rounds),
    scenarios: only === undefined ? all : only.split(',').map((name) => named('only', name, all)),
    env: Object.fromEntries(values.env.map(setting)),
  })
  if (kind === 'ingest')
    return { kind, ...common(scenarios), profile: profile === undefined ? undefined : profiled(profile) }
  if (kind === 'index') {
    const [deliveries, questions] = [values.deliveries, values.questions]
    return { kind, deliveries: positive('deliveries', deliveries), questions: positive('questions', questions) }
  }
  if (kind === 'page') return { kind, seconds: positive('seconds', values.seconds) }
  if (profile !== undefined) throw new Refusal('--profile is for ingest.')
  if (kind === 'delivery') return { kind, ...common(deliveryScenarios) }
  if (kind === 'e2e') return { kind, ...common(endToEndScenarios) }
  throw new Refusal(usage)
}

type Named = { name: string; what: string }

const listOf = (all: readonly Named[]) => all.map(({ name, what }) => `  ${name.padEnd(12)} ${what}`).join('\n')

export const usage = `npm run bench -- ingest|delivery|e2e [--seconds 8] [--rounds 3] [--only <scenario>,…] [--env NAME=VALUE]…
npm run bench -- ingest --profile <scenario>
npm run bench -- index [--deliveries 1000000] [--questions 500]
npm run bench -- page [--seconds 8]

ingest: how fast events come in
${listOf(scenarios)}
delivery: how fast one consumer process delivers what waits
${listOf(deliveryScenarios)}
e2e: from publish to arrival
${listOf(endToEndScenarios)}
index: how fast the search index takes in synthetic records, by itself and from Kafka, and how long questions to it take
page: the longest tasks of the console in a browser at 2,000 deliveries a second`

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
        deliveries: { type: 'string', default: '1000000' },
        questions: { type: 'string', default: '500' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new Refusal(error instanceof Error ? error.message : String(error))
  }
}

function named<T extends Named>(option: string, name: string, all: readonly T[]): T {
  const found = all.find((one) => one.name === name)
  if (found === undefined) throw new Refusal(`--${option} ${name} is unknown.\n${usage}`)
  return found
}

function profiled(name: string): Scenario {
  const scenario = named('profile', name, scenarios)
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
