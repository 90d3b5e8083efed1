import type { Figures, Run, VerdictFigures } from '../figures/figures.ts'
import { escaped, mark } from './markup.ts'
import { faultsTable, subscriptionsTable } from './page-tables.ts'
import { picture } from './picture.ts'
import { count, failureText } from './words.ts'

/** One run: what came of it, its pictures and tables, and everything that broke. */
export function runCard(run: Run, { isOpen, hasPicture }: { isOpen: boolean; hasPicture: boolean }): string {
  const { title, round, seconds, startedAt, figures, notes, complaint } = run
  return `<details class="card"${isOpen ? ' open' : ''}>
<summary><h3>${mark(complaint === '', `${title}, run ${round + 1}`)}</h3>
<span class="right">${escaped(startedAt)}, ${count(seconds)} s</span></summary>
${figures.map((one) => experiment(one, hasPicture)).join('\n')}
${notes.length === 0 ? '' : inside(notes.map((note) => `<p>${escaped(note)}</p>`).join(''))}
${complaint === '' ? '' : inside(`<pre class="bad">${escaped(complaint)}</pre>`)}
</details>`
}

function experiment(figures: Figures, hasPicture: boolean): string {
  const { run, due, acknowledged, deliveries, appendedAgain, failures, subscriptions, faults, verdicts } = figures
  const facts = [
    `<span class="mono">${escaped(run)}</span>: ${count(due)} events, ${count(acknowledged)} acknowledged, ${count(deliveries)} deliveries`,
    ...(appendedAgain === 0 ? [] : [`${count(appendedAgain)} records were asked for again by their publishers`]),
    ...failures.map((one) => escaped(failureText(one))),
  ]
  return [
    inside(facts.map((fact) => `<p>${fact}</p>`).join('')),
    hasPicture ? inside(`<div class="scroll">${picture(figures)}</div>`) : '',
    inside(subscriptionsTable(subscriptions)),
    faults.length === 0
      ? ''
      : `<details class="inside"><summary>Each fault (${count(faults.length)})</summary>${faultsTable(faults)}</details>`,
    ...verdicts.filter(({ holds }) => !holds).map(broken),
  ].join('\n')
}

function broken({ invariant, claim, name, offences, first }: VerdictFigures): string {
  const rest = offences > first.length ? [`<li>and ${count(offences - first.length)} more</li>`] : []
  const items = first.map(({ id, what }) => `<li>${escaped(id)}: ${escaped(what)}</li>`)
  return inside(
    `<p class="bad">${escaped(invariant)} does not hold${name === '' ? '' : ` for ${escaped(name)}`} (${escaped(claim)}): ${count(offences)}</p><ul class="offences">${[...items, ...rest].join('\n')}</ul>`,
  )
}

const inside = (markup: string): string => `<div class="inside">${markup}</div>`
