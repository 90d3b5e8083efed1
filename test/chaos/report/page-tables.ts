import type { FaultFigures, SubscriptionFigures } from '../figures/figures.ts'
import type { GapSpread, KindFigures } from '../figures/totals.ts'
import { nothing } from '../mix/plan.ts'
import { escaped, type HtmlColumn, htmlTable, mark } from './markup.ts'
import { count, nearestText, seconds, spreadText, targetText } from './words.ts'

const number = <Row>(head: string, value: (row: Row) => number): HtmlColumn<Row> => ({
  ...{ head, isNumber: true, cell: (row) => count(value(row)) },
})

const gap = <Row>(head: string, cell: (row: Row) => string): HtmlColumn<Row> => ({ head, isNumber: true, cell })

/** One line per kind of fault. */
export const kindsTable = (kinds: readonly KindFigures[]): string =>
  htmlTable<KindFigures>(
    [
      { head: 'fault', cell: ({ fault, row }) => named(fault, row) },
      number('n', (kind) => kind.count),
      gap('longest ack gap', (kind) => spread(kind.ack, kind.count)),
      gap('longest delivery gap', (kind) => spread(kind.delivery, kind.count)),
      gap('longest gap of a partition', (kind) => spread(kind.partition, kind.count)),
      number('repeated', ({ repeated }) => repeated),
      gap('nearest to its bound', nearestText),
    ],
    kinds,
  )

/** One line per fault of one run. */
export const faultsTable = (faults: readonly FaultFigures[]): string =>
  htmlTable<FaultFigures>(
    [
      gap('at', ({ atMs }) => seconds(atMs)),
      { head: 'fault', cell: ({ fault, row }) => named(fault, row) },
      { head: 'victim', cell: ({ victim }) => escaped(victim) },
      gap('whole after', ({ atMs, wholeMs }) => (wholeMs === null ? '–' : seconds(wholeMs - atMs))),
      gap('ack gap', ({ ack, targets }) => one(ack.ms, targets.ackMs)),
      gap('delivery gap', ({ delivery, targets }) => one(delivery.ms, targets.deliveryMs)),
      gap('gap of a partition', ({ partition, targets }) => one(partition.ms, targets.partitionMs)),
      gap('repeated, of at most', ({ repeated }) => repeated.map(({ count: n, most }) => `${n}/${most}`).join(' ')),
    ],
    faults,
  )

/** One line per subscription of one run. */
export const subscriptionsTable = (subscriptions: readonly SubscriptionFigures[]): string =>
  htmlTable<SubscriptionFigures>(
    [
      { head: 'subscription', cell: ({ name, holds }) => mark(holds, name) },
      number('acknowledged', ({ acknowledged }) => acknowledged),
      number('delivered', ({ delivered }) => delivered),
      number('dead-lettered', ({ deadLettered }) => deadLettered),
      number('lost', ({ lost }) => lost),
      number('duplicated', ({ duplicated }) => duplicated),
      number('out of order', ({ outOfOrder }) => outOfOrder),
      gap('ack gap', ({ ack }) => seconds(ack.ms)),
      gap('delivery gap', ({ delivery }) => seconds(delivery.ms)),
      gap('gap of a partition', ({ partition }) => seconds(partition.ms)),
    ],
    subscriptions,
  )

const named = (fault: string, row: string | null): string =>
  fault === nothing
    ? '<span class="quiet">none (control)</span>'
    : `${escaped(fault)}${row === null ? '' : ` <span class="quiet">${escaped(row)}</span>`}`

function spread(figures: GapSpread, injections: number): string {
  const target = targetText(figures, injections)
  const kind = figures.missed > 0 ? 'miss' : 'quiet'
  return `${spreadText(figures, injections)}${target === '' ? '' : `<br><span class="${kind}">${target}</span>`}`
}

const one = (ms: number, target: number | undefined): string =>
  target !== undefined && ms > target ? `<span class="miss">${seconds(ms)} !</span>` : seconds(ms)
