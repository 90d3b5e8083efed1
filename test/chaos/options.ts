import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { Refusal } from '../../services/cli/up/refusal.ts'
import type { Load } from './experiment.ts'
import { isRow } from './faults/fault.ts'
import { type FaultName, faultGroups, faultsOfRow, isFaultName, isGroupName, namesOf } from './faults.ts'
import { isMixName, type MixName, mixedRunMixes, mixes, usualMixes } from './load/mixes.ts'
import type { Reporting } from './report/open-report.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { isScenarioName, type ScenarioName, scenarios } from './scenarios.ts'

/** `invariants`: those whose defects are to be seen; none means all. */
export type ChaosOptions = { kind: 'list' } | { kind: 'defects'; invariants: readonly string[] } | RunOptions

/** What is broken: processes of this machine, or the containers of docker-compose.yml. */
export type TargetName = 'processes' | 'compose'

export type RunOptions = {
  kind: 'run'
  plans: readonly Plan[]
  repeats: number
  target: TargetName
  /** Folder of a running stack to break; undefined for one of its own. */
  stackDir: string | undefined
  reporting: Reporting
}

/** Faults one after the other, none for a control. `isBrief`: their load ends with them. */
export type FaultPlan = {
  title?: string
  names: readonly FaultName[]
  isBrief?: boolean
  load: Load
  subscriptions: readonly MixName[]
}

/**
 * One run: faults that somebody named, faults drawn by a seed (repeated runs take the next seeds), or a scenario, and the
 * load that they come into (`backlog` as its option says); or the systems with a seeded defect.
 */
export type Plan =
  | FaultPlan
  | { title: 'seeded defects' }
  | { seed: number; load: Load; subscriptions: readonly MixName[] }
  | { scenario: ScenarioName; load: Load; backlog: number }

/** The ten faults that matter most, in one run; its load ends with them. */
const quickFaults: FaultPlan = {
  title: 'quick',
  names: [
    ...(['kill-broker', 'kill-consumer', 'freeze-consumer', 'term-consumer', 'kill-producer'] as const),
    ...(['term-producer', 'kill-redis', 'freeze-broker', 'commit-timeout-rejoin', 'kill-everything'] as const),
  ],
  isBrief: true,
  load: { ratePerSecond: 100, keys: 100, seconds: 600 },
  subscriptions: mixedRunMixes,
}

const quick: readonly Plan[] = [quickFaults, { title: 'seeded defects' }]

/** Faults of containers are a group of their own, and the only ones that containers can have. */
const containerGroup = 'containers'

/** Reads the command line. Throws a Refusal that names the option, what is wrong with it and what it takes. */
export function readOptions(args: readonly string[]): ChaosOptions {
  const values = parse(args)
  if (values.list || values.help) return { kind: 'list' }
  const target = targetOf(values)
  if (values.defects) return { kind: 'defects', invariants: values.invariants?.split(',') ?? [] }
  const repeats = positive('repeats', values.repeats)
  const plans = values.quick ? quick : plansOf(values)
  for (const plan of plans) checkPlan(plan, target)
  return { kind: 'run', plans, repeats, target, stackDir: values.stack, reporting: { args, folder: values.report } }
}

/** Every fault with its row and its line. */
export const faultList = (): string =>
  Object.entries({ ...faultGroups, scenarios })
    .map(([group, some]) => `${group}${group === containerGroup ? ', with --target compose' : ''}\n${linesOf(some)}`)
    .join('\n')

const linesOf = (some: Readonly<Record<string, { what: string; row?: string }>>): string =>
  Object.entries(some)
    .map(([name, { what, row = '' }]) => `  ${row.padEnd(3)} ${name.padEnd(30)} ${what}`)
    .join('\n')

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        fault: { type: 'string' },
        group: { type: 'string' },
        each: { type: 'boolean', default: false },
        mix: { type: 'boolean', default: false },
        minutes: { type: 'string', default: '20' },
        seed: { type: 'string', default: String(randomInt(1_000_000)) },
        defects: { type: 'boolean', default: false },
        invariants: { type: 'string' },
        quick: { type: 'boolean', default: false },
        control: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        repeats: { type: 'string', default: '1' },
        rate: { type: 'string' },
        seconds: { type: 'string', default: '60' },
        keys: { type: 'string', default: '500' },
        backlog: { type: 'string', default: '100000' },
        subscriptions: { type: 'string' },
        target: { type: 'string', default: 'processes' },
        stack: { type: 'string' },
        report: { type: 'string' },
      },
    })
    return values
  } catch (error) {
    throw new Refusal(error instanceof Error ? error.message : String(error))
  }
}

type Values = ReturnType<typeof parse>

function targetOf({ target, quick, mix, defects, stack }: Values): TargetName {
  if (target !== 'processes' && target !== 'compose') {
    throw new Refusal(`--target ${target} is unknown; there are processes, compose.`)
  }
  if (target === 'compose' && (quick || mix || defects || stack !== undefined)) {
    throw new Refusal(
      '--target compose takes --fault, --group containers or --control: leave out --quick, --mix, --defects and --stack.',
    )
  }
  return target
}

function checkPlan(plan: Plan, target: TargetName): void {
  const names = 'scenario' in plan ? [plan.scenario] : 'names' in plan ? plan.names : []
  const ofContainers: readonly string[] = namesOf(containerGroup)
  const stranger = names.find((name) => ofContainers.includes(name) !== (target === 'compose'))
  if (stranger === undefined) return
  if (target === 'processes')
    throw new Refusal(`--fault ${stranger} is done to containers: say --target compose as well.`)
  throw new Refusal(`--fault ${stranger} is done to processes; --target compose has ${ofContainers.join(', ')}.`)
}

function plansOf(values: Values): Plan[] {
  if (values.control) return [controlOf(values)]
  if (values.mix) return [mixOf(values)]
  if (values.group !== undefined) return groupOf(values, values.group)
  const plan = planOf(values)
  return values.each && 'names' in plan ? plan.names.map((name) => ({ ...plan, names: [name] })) : [plan]
}

function controlOf(values: Values): Plan {
  if (values.fault !== undefined || values.group !== undefined || values.mix) {
    throw new Refusal('--control is a run without a fault: leave out --fault, --group and --mix.')
  }
  return { title: 'control', names: [], load: faultLoad(values), subscriptions: mixNames(values, usualMixes) }
}

/** Each fault of a group in a run of its own. */
function groupOf(values: Values, group: string): Plan[] {
  if (values.fault !== undefined) throw new Refusal('--group names its faults itself: leave out --fault.')
  if (!isGroupName(group)) {
    throw new Refusal(`--group ${group} is unknown; there are ${Object.keys(faultGroups).join(', ')}.`)
  }
  const load = faultLoad(values)
  return namesOf(group).map((name) => ({ names: [name], load, subscriptions: mixNames(values, usualMixes) }))
}

function mixOf(values: Values): Plan {
  if (values.fault !== undefined || values.group !== undefined) {
    throw new Refusal('--mix draws its faults itself: leave out --fault and --group.')
  }
  const load = loadOf(values, { ratePerSecond: '200', seconds: 60 * positive('minutes', values.minutes) })
  return { seed: natural('seed', values.seed), load, subscriptions: mixNames(values, mixedRunMixes) }
}

function planOf(values: Values): Plan {
  const { fault, target, backlog } = values
  const text = fault ?? (target === 'compose' ? namesOf(containerGroup).join(',') : undefined)
  if (text === undefined) {
    throw new Refusal(
      `--fault is missing: name one, or several with commas, or take --group, --quick, --mix or --control.\n${faultList()}`,
    )
  }
  const load = faultLoad(values)
  const scenario = scenarioName(text)
  if (scenario !== undefined) return { scenario, load, backlog: positive('backlog', backlog) }
  return { names: text.split(',').flatMap(faultNames), load, subscriptions: mixNames(values, usualMixes) }
}

const faultLoad = (values: Values): Load =>
  loadOf(values, {
    ratePerSecond: values.target === 'compose' ? '200' : '1000',
    seconds: positive('seconds', values.seconds),
  })

const loadOf = ({ rate, keys }: Values, usual: { ratePerSecond: string; seconds: number }): Load => ({
  ratePerSecond: positive('rate', rate ?? usual.ratePerSecond),
  seconds: usual.seconds,
  keys: positive('keys', keys),
})

/** By its name, or all that are of a row. */
function faultNames(text: string): readonly FaultName[] {
  if (isFaultName(text)) return [text]
  const ofRow = faultsOfRow(text)
  if (ofRow.length > 0) return ofRow
  if (scenarioName(text) !== undefined) {
    throw new Refusal(`--fault ${text} is a run of its own: name it without others.`)
  }
  throw new Refusal(`--fault ${text} is unknown; there are:\n${faultList()}`)
}

function scenarioName(text: string): ScenarioName | undefined {
  const found = Object.entries<Scenario>(scenarios).find(([name, { row }]) => name === text || isRow(row, text))
  return found !== undefined && isScenarioName(found[0]) ? found[0] : undefined
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
