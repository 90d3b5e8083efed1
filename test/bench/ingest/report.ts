import type { Verdict } from '../goals.ts'
import type { ProfileSummary } from '../hot-functions.ts'
import { factsOf, type Machine } from '../machine.ts'
import { type Column, figure, table } from '../table.ts'
import type { Measurement } from './measurement.ts'
import type { Scenario } from './scenarios.ts'

/** One scenario with all its rounds, the one in the middle, and what it says about the goals. */
export type Result = { scenario: Scenario; rounds: readonly Measurement[]; middle: Measurement; verdict: Verdict }

/** The machine, then one line per scenario. */
export function reportOf(machine: Machine, results: readonly Result[]): string {
  return `${factsOf(machine)}\n${legend}\n\n${table(columns, results)}`
}

const legend =
  'Latency in ms of a request (of a record: ProducerPerformance), CPU in seconds for 10,000 events, RSS: most memory of the producer, which keeps what earlier rows took; others: cores in use beside the run.'

const isPublish = ({ scenario }: Result) => scenario.kind === 'publish'
const ours = (result: Result, value: number, decimals: number) => figure(isPublish(result) ? value : null, decimals)

const columns: readonly Column<Result>[] = [
  { head: 'scenario', cell: ({ scenario }) => scenario.name, align: 'left' },
  {
    head: 'conn',
    cell: ({ scenario }) => ('connections' in scenario ? String(scenario.connections) : '–'),
    align: 'right',
  },
  { head: 'events/s', cell: ({ middle }) => figure(middle.eventsPerSecond, 0), align: 'right' },
  { head: 'p50', cell: ({ middle }) => figure(middle.latencyMs.p50, 1), align: 'right' },
  { head: 'p99', cell: ({ middle }) => figure(middle.latencyMs.p99, 1), align: 'right' },
  { head: 'p99.9', cell: ({ middle }) => figure(middle.latencyMs.p999, 1), align: 'right' },
  { head: 'errors', cell: ({ middle }) => figure(middle.errors, 0), align: 'right' },
  { head: 'producer', cell: (result) => ours(result, result.middle.cpuPer10k.producer, 2), align: 'right' },
  { head: 'brokers', cell: ({ middle }) => figure(middle.cpuPer10k.brokers, 2), align: 'right' },
  { head: 'load', cell: ({ middle }) => figure(middle.cpuPer10k.load, 2), align: 'right' },
  { head: 'RSS MB', cell: (result) => ours(result, result.middle.residentMb, 0), align: 'right' },
  { head: 'others', cell: ({ middle }) => figure(middle.cores.others, 1), align: 'right' },
  {
    head: 'rounds',
    cell: ({ rounds }) => rounds.map(({ eventsPerSecond }) => figure(eventsPerSecond, 0)).join(' '),
    align: 'left',
  },
  { head: 'goals', cell: verdictText, align: 'left' },
]

function verdictText({ middle, verdict: { goals, missed } }: Result): string {
  if (middle.events === 0) return refusalText(middle)
  if (goals === '') return ''
  return missed.length === 0 ? `reached: ${goals}` : `missed: ${missed.join(', ')}`
}

/** A producer that cannot do what was asked is no slow one. */
function refusalText({ refusal, outcomes }: Measurement): string {
  if (refusal?.status === 415) return 'not measured: the producer answers 415, it does not take this form'
  if (refusal !== null) return `not measured: the producer answers ${refusal.status}: ${refusal.body.slice(0, 200)}`
  return `not measured: ${JSON.stringify(outcomes)}`
}

/** The functions that the producer spent its time in, and the libraries that called them. */
export function profileReport(name: string, { busy, functions, owners }: ProfileSummary): string {
  const percent = (share: number) => `${figure(share * 100, 1)} %`
  const right = 'right' as const
  const left = 'left' as const
  const byFunction = table(
    [
      { head: 'self', cell: ({ share }) => percent(share), align: right },
      { head: 'function', cell: (hot) => hot.name, align: left },
      { head: 'where', cell: ({ place }) => place, align: left },
    ],
    functions,
  )
  const byOwner = owners.map((one) => `${one.name} ${percent(one.share)}`).join(', ')
  return `The producer's thread in ${name}: busy ${percent(busy)} of the time; of that\n\n${byFunction}\n\non behalf of: ${byOwner}`
}
