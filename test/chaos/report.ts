import type { Facts } from './check/facts.ts'
import type { Outcome } from './experiment.ts'
import { type FaultCost, measureFaults, measureGaps } from './gaps.ts'

const columns = ['events', 'acknowledged', 'delivered', 'dead-lettered', 'lost', 'duplicated', 'out of order', 'failed']

/** One line of figures per subscription and one per fault, as text. */
export function report(outcome: Outcome): string {
  const { facts, judgements } = outcome
  return judgements
    .flatMap(({ scope, judgement }) => [
      figuresOf(outcome, { scope, judgement }),
      ...measureFaults(facts, scope).map(
        (one) => `    ${one.fault} (${one.victim}): ${gapText(one)}, ${one.duplicates} deliveries repeated`,
      ),
      ...failures(facts),
    ])
    .join('\n')
}

/** The figures of one subscription. */
export function figuresOf({ facts, published }: Outcome, { scope, judgement }: Outcome['judgements'][number]): string {
  const { counts, holds } = judgement
  const { acknowledged = 0, lost = 0, deadLettered = 0, duplicates = 0, outOfOrder = 0 } = counts
  const delivered = acknowledged - lost - deadLettered
  const figures = [published.due, acknowledged, delivered, deadLettered, lost, duplicates, outOfOrder]
  const named = [...figures, published.failedRequests].map((figure, index) => `${columns[index]} ${figure}`)
  const whole = measureGaps(facts, scope)
  return `${holds ? 'ok ' : 'BAD'} ${scope.subscription}: ${named.join(', ')}; ${gapText(whole)}`
}

/** Requests that were not acknowledged, by how they ended and after how long. */
export function failures({ requests, faults }: Facts): string[] {
  const failed = requests.filter((one) => one.outcome !== 'acknowledged')
  const kinds = Map.groupBy(failed, (one) => `${one.outcome}: ${one.status ?? 'no answer'} ${one.code ?? ''}`)
  return [...kinds].map(([kind, some]) => {
    const [first] = some
    const before = faults.filter(({ ns }) => first !== undefined && ns < first.ns).at(-1)
    const since =
      before === undefined
        ? 'before any fault'
        : `${Math.round(((first?.ns ?? 0) - before.ns) / 1e6)} ms after ${before.fault}`
    const tookMs = Math.round(Math.max(...some.map((one) => one.ns - one.sentNs)) / 1e6)
    return `    ${some.length} requests failed: ${kind}, first ${since}, at most after ${tookMs} ms`
  })
}

const gapText = ({ ackMs, deliveryMs, partitionMs }: ReturnType<typeof measureGaps>): string =>
  `longest ack gap ${Math.round(ackMs)} ms, delivery gap ${Math.round(deliveryMs)} ms, of one partition ${Math.round(partitionMs)} ms`

/** What every fault of a run cost each subscription. */
export const costsOf = ({ facts, judgements }: Outcome): FaultCost[] =>
  judgements.flatMap(({ scope }) => measureFaults(facts, scope))

/** One line per fault over all runs: the longest gap of a partition is the takeover where its owner was the victim. */
export function summary(costs: readonly FaultCost[]): string {
  const lines = [...Map.groupBy(costs, ({ fault }) => fault)].map(([fault, some]) => {
    const gaps = spread(some.map(({ partitionMs }) => Math.round(partitionMs)))
    const repeated = spread(some.map(({ duplicates }) => duplicates))
    return `${fault} × ${some.length}: longest gap of a partition ${gaps} ms, deliveries repeated ${repeated}`
  })
  return lines.join('\n')
}

/** Median and most. */
export function spread(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b)
  return `median ${sorted[Math.floor((sorted.length - 1) / 2)]}, most ${sorted.at(-1)}`
}
