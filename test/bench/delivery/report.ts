import { atLeast, atMost, type Check, verdictOf } from '../goals.ts'
import { factsOf, type Machine } from '../machine.ts'
import { type Column, figure, table } from '../table.ts'
import type { DeliveryMeasurement } from './measure.ts'
import type { DeliveryScenario } from './scenarios.ts'

export type DeliveryResult = {
  scenario: DeliveryScenario
  rounds: readonly DeliveryMeasurement[]
  middle: DeliveryMeasurement
}

/** The round in the middle, and of an even number the worse one of the two: by rate, or by CPU where there is no rate. */
export function middleDelivery(rounds: readonly DeliveryMeasurement[]): DeliveryMeasurement {
  const rank = ({ perSecond, coreShare }: DeliveryMeasurement) => perSecond ?? -coreShare
  const worstFirst = rounds.toSorted((a, b) => rank(a) - rank(b))
  return worstFirst[Math.floor((rounds.length - 1) / 2)] as DeliveryMeasurement
}

/** The machine, then one line per scenario. */
export function deliveryReport(machine: Machine, results: readonly DeliveryResult[]): string {
  return `${factsOf(machine)}\n${legend}\n\n${table(columns, results)}`
}

const legend =
  'CPU in seconds of the consumer for 10,000 deliveries; core: of one, on average; RSS: the most; others: cores in use by brokers, receiver and everything else.'

const right = (head: string, cell: (of: DeliveryMeasurement) => string): Column<DeliveryResult> => ({
  ...{ head, cell: ({ middle }) => cell(middle), align: 'right' },
})

const columns: readonly Column<DeliveryResult>[] = [
  { head: 'scenario', cell: ({ scenario }) => scenario.name, align: 'left' },
  right('deliveries', ({ deliveries }) => figure(deliveries, 0)),
  right('per second', ({ perSecond }) => figure(perSecond, 0)),
  right('CPU', ({ cpuPer10k }) => figure(cpuPer10k, 2)),
  right('core', ({ coreShare }) => figure(coreShare, 2)),
  right('RSS MB', ({ residentMb }) => figure(residentMb, 0)),
  right('others', ({ others }) => figure(others, 1)),
  {
    head: 'rounds',
    cell: ({ rounds }) =>
      rounds.map(({ perSecond, coreShare }) => figure(perSecond ?? coreShare, perSecond ? 0 : 3)).join(' '),
    align: 'left',
  },
  { head: 'goals', cell: goalsText, align: 'left' },
]

function goalsText({ scenario: { goals: wanted }, middle }: DeliveryResult): string {
  const { goals, missed } = verdictOf(checks(wanted, middle))
  if (goals === '') return ''
  return missed.length === 0 ? `reached: ${goals}` : `missed: ${missed.join(', ')}`
}

function checks(
  goals: DeliveryScenario['goals'],
  { perSecond, cpuPer10k, coreShare, residentMb }: DeliveryMeasurement,
): Check[] {
  return [
    atLeast(goals.perSecond, { name: '', unit: '/s', decimals: 0, value: perSecond ?? undefined }),
    atMost(goals.consumerCpu, { name: 'consumer ', unit: ' s', decimals: 2, value: cpuPer10k ?? undefined }),
    atMost(goals.coreShare, { name: '', unit: ' of a core', decimals: 3, value: coreShare }),
    atMost(goals.residentMb, { name: '', unit: ' MB', decimals: 0, value: residentMb }),
  ].flat()
}
