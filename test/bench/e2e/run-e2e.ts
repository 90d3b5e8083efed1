import { withResources } from '#shared/lifecycle.ts'
import { createReceiver } from '../../support/receiver.ts'
import { startStack } from '../../support/stack.ts'
import { until } from '../../support/until.ts'
import { warn, writeEvidence } from '../evidence.ts'
import { atMost, verdictOf } from '../goals.ts'
import { describeMachine, factsOf } from '../machine.ts'
import type { EndToEndOptions } from '../options.ts'
import { type Column, figure, table } from '../table.ts'
import { type EndToEndMeasurement, measureEndToEnd } from './measure.ts'
import type { EndToEndScenario } from './scenarios.ts'

type Result = { scenario: EndToEndScenario; rounds: EndToEndMeasurement[] }

const stream = 'bench'
const warmUpMs = 5_000
const brokersWarmUpMs = 15_000

/** Measures from publish to arrival on a stack of its own: one producer, one consumer, a receiver in this process. */
export function runEndToEnd(options: EndToEndOptions, signal: AbortSignal): Promise<void> {
  return withResources(warn, async (resources) => {
    const { seconds, rounds, scenarios, env } = options
    const startedAt = new Date()
    const machine = describeMachine()
    const stack = await startStack({ producers: 1, consumers: 1, env })
    resources.defer('stack', stack.stop)
    const receiver = await createReceiver({
      after: (close) => resources.defer('receiver', async () => void (await close())),
    })
    await stack.api.putStream(stream, { partitions: 6 })
    await stack.api.putSubscription('bench', { stream, destination: { targets: [{ url: receiver.url }] } })
    const { secret: apiKey } = await stack.api.createKey({ name: 'bench', scopes: ['publish:*'] })
    await until('the subscription delivers', async () => {
      await stack.api.publish(stream, { body: '{}', headers: { 'content-type': 'application/json' }, apiKey })
      return receiver.requests.length > 0
    })
    const place = { stack, stream, apiKey, receiver, signal, measuredMs: seconds * 1_000 }
    const [first] = scenarios
    if (first !== undefined) await measureEndToEnd(first, { ...place, warmUpMs: brokersWarmUpMs, measuredMs: 1_000 })
    const results: Result[] = scenarios.map((scenario) => ({ scenario, rounds: [] }))
    for (let round = 1; round <= rounds; round += 1) {
      for (const { scenario, rounds: all } of results) {
        receiver.requests.length = 0
        const one = await measureEndToEnd(scenario, { ...place, warmUpMs })
        all.push(one)
        const { p50, p99 } = one.latencyMs
        console.log(`round ${round}: ${scenario.name.padEnd(10)} p50 ${figure(p50, 1)} ms, p99 ${figure(p99, 1)} ms`)
      }
    }
    console.log(
      `\n${factsOf(machine)}\nFrom the moment an event was due to its arrival, ms.\n\n${table(columns, results)}`,
    )
    console.log(`\n${writeEvidence('e2e', startedAt, { machine, options: { seconds, rounds, env }, results })}`)
    await resources.close()
  })
}

/** The round in the middle by p99, and of an even number the worse one of the two. */
function middleOf(rounds: readonly EndToEndMeasurement[]): EndToEndMeasurement {
  const worstFirst = rounds.toSorted((a, b) => b.latencyMs.p99 - a.latencyMs.p99)
  return worstFirst[Math.floor((rounds.length - 1) / 2)] as EndToEndMeasurement
}

const right = (head: string, cell: (of: EndToEndMeasurement) => string): Column<Result> => ({
  ...{ head, cell: ({ rounds }) => cell(middleOf(rounds)), align: 'right' },
})

const columns: readonly Column<Result>[] = [
  { head: 'scenario', cell: ({ scenario }) => scenario.name, align: 'left' },
  right('events', ({ events }) => figure(events, 0)),
  right('lost', ({ events, arrived, errors }) => figure(Math.max(0, events - arrived - errors), 0)),
  right('errors', ({ errors }) => figure(errors, 0)),
  right('p50', ({ latencyMs }) => figure(latencyMs.p50, 1)),
  right('p99', ({ latencyMs }) => figure(latencyMs.p99, 1)),
  right('p99.9', ({ latencyMs }) => figure(latencyMs.p999, 1)),
  right('longest', ({ latencyMs }) => figure(latencyMs.max, 0)),
  {
    ...{ head: 'rounds (p99)', align: 'left' },
    cell: ({ rounds }) => rounds.map(({ latencyMs }) => figure(latencyMs.p99, 1)).join(' '),
  },
  { head: 'goals', cell: goalsText, align: 'left' },
]

function goalsText({ scenario: { goals }, rounds }: Result): string {
  const { latencyMs } = middleOf(rounds)
  const ms = { unit: ' ms', decimals: 1 }
  const verdict = verdictOf([
    ...atMost(goals.p50Ms, { name: 'p50 ', ...ms, value: latencyMs.p50 }),
    ...atMost(goals.p99Ms, { name: 'p99 ', ...ms, value: latencyMs.p99 }),
  ])
  return verdict.missed.length === 0 ? `reached: ${verdict.goals}` : `missed: ${verdict.missed.join(', ')}`
}
