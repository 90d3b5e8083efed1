import { withResources } from '#shared/lifecycle.ts'
import { type Stack, startStack } from '../../support/stack.ts'
import { warn, writeEvidence } from '../evidence.ts'
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
import { type Scenario, scenarios } from './scenarios.ts'

type Run = { stack: Stack; apiKey: string; options: IngestOptions; signal: AbortSignal }

/** Java compiles while the brokers work: cold ones take six times the CPU for an event that warm ones do. */
const brokersWarmUpMs = 15_000
const warmUpMs = 1_500
const partitions = 6
const hotFunctions = 15
/** What the share of Kafka's own speed is taken from. */
const reference = 'kafka'

/** Measures every scenario round by round on a stack of its own with one producer; prints a table and writes a file. */
export function runIngest(options: IngestOptions, signal: AbortSignal): Promise<void> {
  return withResources(warn, async (resources) => {
    const { seconds, rounds, env } = options
    const startedAt = new Date()
    const machine = describeMachine()
    const stack = await startStack({ producers: 1, consumers: 0, env })
    resources.defer('stack', stack.stop)
    const { secret: apiKey } = await stack.api.createKey({ name: 'bench', scopes: ['publish:*'] })
    const run = { stack, apiKey, options, signal }
    const results = resultsOf(await measureAll(run), options.scenarios)
    console.log(`\n${reportOf(machine, results)}`)
    const profile = options.profile === undefined ? undefined : await profileOf(run, options.profile)
    const evidence = { machine, options: { seconds, rounds, env }, results }
    console.log(`\n${writeEvidence('ingest', startedAt, evidence, profile)}`)
    await resources.close()
  })
}

type Rounds = Map<string, Measurement[]>

async function measureAll(run: Run): Promise<Rounds> {
  const { rounds, scenarios: chosen } = run.options
  const measured: Rounds = new Map(chosen.map(({ name }) => [name, []]))
  await warmUpBrokers(run)
  for (let round = 1; round <= rounds; round += 1) {
    await inStream(run, `bench-${round}`, async (stream) => {
      for (const scenario of chosen) {
        run.signal.throwIfAborted()
        const known = measured.get(scenario.name)
        if (known?.some(({ events, refusal }) => events === 0 && refusal !== null)) continue // what is refused once is refused always
        const one = await measure(run, scenario, { ...stream, warmUpMs })
        known?.push(one)
        console.log(`round ${round}: ${scenario.name.padEnd(12)} ${figure(one.eventsPerSecond, 0).padStart(8)}/s`)
      }
    })
  }
  return measured
}

/** With keys, because that makes the most produce requests. */
async function warmUpBrokers(run: Run): Promise<void> {
  const scenario = scenarios.find(({ name }) => name === 'keys-64')
  if (scenario === undefined) return
  await inStream(run, 'bench-warm-up', (stream) => measure(run, scenario, { ...stream, warmUpMs: brokersWarmUpMs }))
}

type Stream = { stream: string; topic: string }

/** Everything of a round goes to one stream, which is deleted with its topic: the disk holds the events of one round. */
async function inStream<T>({ stack }: Run, name: string, work: (stream: Stream) => Promise<T>): Promise<T> {
  const { topic } = await stack.api.putStream(name, { partitions })
  try {
    return await work({ stream: name, topic })
  } finally {
    await stack.api.deleteStream(name)
  }
}

type At = Stream & { warmUpMs: number }

function measure({ stack, apiKey, options }: Run, scenario: Scenario, at: At): Promise<Measurement> {
  const place = { stack, apiKey, measuredMs: options.seconds * 1_000, ...at }
  return scenario.kind === 'kafka' ? measureKafka(scenario, place) : measurePublish(scenario, place)
}

function resultsOf(measured: Rounds, chosen: readonly Scenario[]): Result[] {
  const kafka = middleOf(measured.get(reference) ?? [], null)
  return chosen.flatMap((scenario) => {
    const rounds = measured.get(scenario.name) ?? []
    const middle = middleOf(rounds, scenario.perSecond)
    return middle === undefined ? [] : [{ scenario, rounds, middle, verdict: judge(scenario.goals, middle, kafka) }]
  })
}

async function profileOf(run: Run, scenario: Scenario): Promise<CpuProfile> {
  const [producer] = (await pidsOf(run.stack)).producer
  if (producer === undefined) throw new Error('the stack has no producer')
  const work = (stream: Stream) => profileDuring(producer, () => measure(run, scenario, { ...stream, warmUpMs }))
  const profile = await inStream(run, 'bench-profile', work)
  console.log(`\n${profileReport(scenario.name, summarize(profile, hotFunctions))}`)
  return profile
}
