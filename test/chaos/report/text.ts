import { type Column, table } from '../../bench/table.ts'
import type { Figures, Run, SubscriptionFigures, VerdictFigures } from '../figures/figures.ts'
import { type GapSpread, type KindFigures, kindsOf, type Totals } from '../figures/totals.ts'
import { unjudgedText } from './unjudged.ts'
import { count, failureText, nearestText, proofs, runLine, seconds, spreadText, targetText } from './words.ts'

/** Everything of one run but its complaint, for a terminal. */
export function runText(run: Run): string {
  return [runLine(run), ...run.figures.map(figuresText), ...run.notes].join('\n')
}

/** One experiment: a line per subscription, one per kind of fault, and the requests that failed. */
export function figuresText(figures: Figures): string {
  const kinds = kindsOf(figures.faults)
  const unjudged = unjudgedText(figures.verdicts)
  return [
    `${figures.run}: ${count(figures.due)} events, ${count(figures.acknowledged)} acknowledged, ${count(figures.deliveries)} deliveries; ${judgedText(figures)}`,
    ...(unjudged === '' ? [] : [unjudged]),
    table(subscriptionColumns, figures.subscriptions),
    ...(kinds.length === 0 ? [] : [table(kindColumns, kinds)]),
    ...figures.failures.map(failureText),
    ...(figures.appendedAgain === 0
      ? []
      : [`${count(figures.appendedAgain)} records were asked for again by their publishers`]),
  ].join('\n')
}

/** All runs together: every kind of fault, and what that proves. */
export function totalsText(totals: Totals): string {
  const { runs, failed, faults, controls, acknowledged, deliveries, deadLettered, lost, duplicated, outOfOrder } =
    totals
  return [
    `${count(runs)} runs: ${count(faults)} faults and ${count(controls)} controls; acknowledged ${count(acknowledged)}, delivered ${count(deliveries)} times, dead-lettered ${count(deadLettered)}, lost ${count(lost)}, duplicated ${count(duplicated)}, out of order ${count(outOfOrder)}`,
    ...(totals.kinds.length === 0 ? [] : [table(kindColumns, totals.kinds)]),
    ...proofs(totals),
    `${count(runs - failed)} runs passed, ${count(failed)} failed; targets missed: ${count(totals.missed)}`,
  ].join('\n')
}

function judgedText({ verdicts }: Figures): string {
  const names = (some: readonly VerdictFigures[]) => [...new Set(some.map(({ invariant }) => invariant))].join(' ')
  const broken = names(verdicts.filter(({ holds }) => !holds))
  return `judged ${names(verdicts.filter(({ judged }) => judged > 0))}; broken: ${broken || 'none'}`
}

const number = <Row>(head: string, value: (row: Row) => number): Column<Row> => ({
  ...{ head, align: 'right', cell: (row) => count(value(row)) },
})

const text = <Row>(head: string, cell: (row: Row) => string): Column<Row> => ({ head, cell, align: 'left' })

const subscriptionColumns: readonly Column<SubscriptionFigures>[] = [
  text('subscription', ({ name, holds }) => `${holds ? 'ok ' : 'BAD'} ${name}`),
  number('acknowledged', ({ acknowledged }) => acknowledged),
  number('delivered', ({ delivered }) => delivered),
  number('dead-lettered', ({ deadLettered }) => deadLettered),
  number('lost', ({ lost }) => lost),
  number('duplicated', ({ duplicated }) => duplicated),
  number('out of order', ({ outOfOrder }) => outOfOrder),
  text('ack gap', ({ ack }) => seconds(ack.ms)),
  text('delivery gap', ({ delivery }) => seconds(delivery.ms)),
  text('of a partition', ({ partition }) => seconds(partition.ms)),
]

const gap = (head: string, of: (kind: KindFigures) => GapSpread): Column<KindFigures> =>
  text(head, (kind) => {
    const target = targetText(of(kind), kind.count)
    return `${spreadText(of(kind), kind.count)}${target === '' ? '' : ` (${target})`}`
  })

const kindColumns: readonly Column<KindFigures>[] = [
  text('fault', ({ fault, row }) => (row === null ? fault : `${fault} (${row})`)),
  number('n', (kind) => kind.count),
  gap('longest ack gap', ({ ack }) => ack),
  gap('delivery gap', ({ delivery }) => delivery),
  gap('of a partition', ({ partition }) => partition),
  number('repeated', ({ repeated }) => repeated),
  text('most of its bound', nearestText),
  text('victim', ({ victim }) => victim),
]
