/*
 * The report as one HTML file that asks for nothing from outside: what held, the figures, a picture of each run, and the
 * events that broke something.
 */
import type { Run } from '../figures/figures.ts'
import type { InvariantFigures, Totals } from '../figures/totals.ts'
import { escaped, mark } from './markup.ts'
import { kindsTable } from './page-tables.ts'
import { runCard } from './run-card.ts'
import { style } from './style.ts'
import { reasonFor } from './unjudged.ts'
import { count, proofs } from './words.ts'

/** What a report is made of, and what report.json holds. */
export type Report = {
  format: 1
  /** As it was typed. */
  command: string
  startedAt: string
  /** Cores, versions, commit: what the figures depend on. */
  machine: string
  totals: Totals
  runs: readonly Run[]
}

/** With more runs than this only those that failed are unfolded. */
const fewRuns = 3
/** Of as many, and of all that failed: some hundred runs shall be a page that opens at once. */
const mostPictures = 30

export function page(report: Report): string {
  const { command, startedAt, machine, totals, runs } = report
  const cards = runs.map((run, index) => {
    const failed = run.complaint !== ''
    return runCard(run, { isOpen: failed || runs.length <= fewRuns, hasPicture: failed || index < mostPictures })
  })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(`Tailrace faults: ${command}`)}</title>
<style>${style}</style>
</head>
<body>
<h1>What the faults did</h1>
<p class="quiet"><code>${escaped(command)}</code>, ${escaped(startedAt)}. ${escaped(machine)}</p>
<p class="verdict">${verdict(totals)}</p>
${sums(totals)}
<h2>Invariants</h2>
<div class="cells invariants">
${totals.invariants.map(invariant).join('\n')}
</div>
${proofs(totals)
  .map((proof) => `<p class="quiet">${escaped(proof)}.</p>`)
  .join('\n')}
${totals.kinds.length === 0 ? '' : `<h2>Faults</h2>\n<div class="card">${kindsTable(totals.kinds)}</div>\n${legend}`}
<h2>Runs</h2>
${cards.join('\n')}
</body>
</html>
`
}

function verdict({ runs, failed, invariants, missed }: Totals): string {
  const broken = invariants.filter((one) => one.broken > 0).map((one) => one.invariant)
  const held =
    broken.length === 0
      ? mark(true, `${invariants.filter(({ judged }) => judged > 0).length} invariants held`)
      : mark(false, `${broken.join(', ')} did not hold`)
  const ran = failed === 0 ? `, every run passed (${count(runs)})` : `, ${count(failed)} of ${count(runs)} runs failed`
  const targets = missed === 0 ? '' : `; <span class="miss">! pauses longer than their target: ${count(missed)}</span>`
  return `${held}${ran}${targets}.`
}

function sums(totals: Totals): string {
  const { faults, controls, acknowledged, deliveries, deadLettered, lost, duplicated, outOfOrder } = totals
  const cells: [string, number, string?][] = [
    ['faults', faults],
    ['controls', controls],
    ['events acknowledged', acknowledged],
    ['deliveries', deliveries],
    ['dead-lettered', deadLettered],
    ['lost', lost, lost > 0 ? 'bad' : ''],
    ['duplicated', duplicated],
    ['out of order', outOfOrder, outOfOrder > 0 ? 'bad' : ''],
  ]
  const markup = cells.map(
    ([name, value, kind = '']) => `<div><div class="k">${name}</div><div class="v ${kind}">${count(value)}</div></div>`,
  )
  return `<div class="cells">${markup.join('')}</div>`
}

function invariant({ invariant: name, claim, judged, broken, offences }: InvariantFigures): string {
  const state = judged === 0 ? `<span class="quiet">– ${escaped(name)}</span>` : mark(broken === 0, name)
  const cases =
    judged === 0
      ? `not judged: ${reasonFor(name)}`
      : `${count(judged)} cases${broken === 0 ? '' : `, ${count(offences)} break it`}`
  return `<div>${state}<div class="k">${escaped(claim)}</div><div class="k">${cases}</div></div>`
}

const legend = `<p class="quiet">A gap is the longest time from a fault to the next one without an acknowledgement, without
a delivery, and without a delivery of one partition, each of the worst subscription. A longer one than its target is marked and
fails nothing: machines are noisy. <i>Repeated</i> are deliveries of an event that had succeeded before; the fault that came
nearest to what it may repeat stands beside them.</p>`
