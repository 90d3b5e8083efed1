import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withResources } from '#shared/lifecycle.ts'
import { root, shown } from '../../../services/cli/folders.ts'
import { type Stack, startStack } from '../../support/stack.ts'
import { type CpuProfile, summarize } from '../hot-functions.ts'
import { describeMachine } from '../machine.ts'
import type { IngestOptions } from '../options.ts'
import { profileDuring } from '../profile.ts'
import { figure } from '../table.ts'
import { judge } from './goals.ts'
import { type Measurement, middleOf } from './measurement.ts'
import { measureKafka } from './performance.ts'
import { measurePublish, pidsOf } from './publish.ts'
import { profileReport, type Result, reportOf } from './report.ts'
import type { Scenario } from './scenarios.ts'

type Run = { stack: Stack; apiKey: string; options: IngestOptions; signal: AbortSignal }

const firstWarmUpMs = 3_000
const warmUpMs = 1_500
const partitions = 6
const hotFunctions = 15
const folder = join(root, '.tailrace/bench')
/** What the share of Kafka's own speed is taken from. */
const reference = 'kafka'

/** Measures every scenario round by round on a stack of its own with one producer; prints a table and writes a file. */
export function runIngest(options: IngestOptions, signal: AbortSignal): Promise<void> {
  return withResources(warn, async (resources) => {
    const startedAt = new Date()
    const machine = describeMachine()
    const stack = await startStack({ producers: 1, consumers: 0, env: options.env })
    resources.defer('stack', stack.stop)
    const { secret: apiKey } = await stack.api.createKey({ name: 'bench', scopes: ['publish:*'] })
    const run = { stack, apiKey, options, signal }
    const results = resultsOf(await measureAll(run), options.scenarios)
    console.log(`\n${reportOf(machine, results)}`)
    const profile = options.profile === undefined ? undefined : await profileOf(run, options.profile)
    const path = write({
      startedAt,
      machine,
      options: { ...options, profile: options.profile?.name },
      results,
      profile,
    })
    console.log(`\n${shown(path)}`)
    await resources.close()
  })
}

type Rounds = Map<string, Measurement[]>

async function measureAll(run: Run): Promise<Rounds> {
  const { rounds, scenarios } = run.options
  const measured: Rounds = new Map(scenarios.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const scenario of scenarios) {
      run.signal.throwIfAborted()
      const one = await measure(run, scenario, round === 0 ? firstWarmUpMs : warmUpMs)
      measured.get(scenario.name)?.push(one)
      console.log(`round ${round + 1}: ${scenario.name.padEnd(12)} ${figure(one.eventsPerSecond, 0).padStart(8)}/s`)
    }
  }
  return measured
}

/** In a stream of its own, which is deleted with its topic: the disk holds one scenario at a time. */
async function measure({ stack, apiKey, options }: Run, scenario: Scenario, warmUp: number): Promise<Measurement> {
  streams += 1
  const stream = `bench-${streams}`
  const { topic } = await stack.api.putStream(stream, { partitions })
  const time = { warmUpMs: warmUp, measuredMs: options.seconds * 1_000 }
  try {
    if (scenario.kind === 'kafka') return await measureKafka(scenario, { stack, topic, ...time })
    return await measurePublish(scenario, { stack, stream, apiKey, ...time })
  } finally {
    await stack.api.deleteStream(stream)
  }
}

let streams = 0

function resultsOf(measured: Rounds, scenarios: readonly Scenario[]): Result[] {
  const kafka = middleOf(measured.get(reference) ?? [], null)
  return scenarios.flatMap((scenario) => {
    const rounds = measured.get(scenario.name) ?? []
    const middle = middleOf(rounds, scenario.perSecond)
    return middle === undefined ? [] : [{ scenario, rounds, middle, verdict: judge(scenario.goals, middle, kafka) }]
  })
}

async function profileOf(run: Run, scenario: Scenario): Promise<CpuProfile> {
  const [producer] = (await pidsOf(run.stack)).producer
  if (producer === undefined) throw new Error('the stack has no producer')
  const profile = await profileDuring(producer, () => measure(run, scenario, warmUpMs))
  console.log(`\n${profileReport(scenario.name, summarize(profile, hotFunctions))}`)
  return profile
}

type Record_ = {
  startedAt: Date
  machine: object
  options: object
  results: readonly Result[]
  profile: CpuProfile | undefined
}

function write({ startedAt, profile, ...rest }: Record_): string {
  const name = `ingest-${startedAt.toISOString().replaceAll(':', '').slice(0, 17)}`
  mkdirSync(folder, { recursive: true })
  if (profile !== undefined) writeFileSync(join(folder, `${name}.cpuprofile`), JSON.stringify(profile))
  const path = join(folder, `${name}.json`)
  writeFileSync(path, `${JSON.stringify({ format: 1, startedAt, ...rest }, undefined, 2)}\n`)
  return path
}

function warn(name: string, error: unknown): void {
  console.error(`${name} did not stop:`, error)
}
