import type { Signal } from '@preact/signals'
import type { LiveDelivery } from '../../live/live.ts'
import { StateMark } from '../../parts/icon.tsx'
import { Scroll } from '../../parts/scroll.tsx'
import { zone } from '../../shell/preferences.ts'
import { noValue } from '../../words/numbers.ts'
import { lookOfDelivery } from '../../words/states.ts'
import { clock, spanMs } from '../../words/times.ts'

type Props = { rows: readonly LiveDelivery[]; selected: Signal<LiveDelivery | undefined> }

export function TailTable({ rows, selected }: Props) {
  return (
    <Scroll label="Outcomes">
      <table class="tail">
        <caption class="vh">Outcomes, newest first</caption>
        <thead>
          <tr>
            <th>Time</th>
            <th>Outcome</th>
            <th>Subscription</th>
            <th>Type</th>
            <th>Key</th>
            <th class="num">Status</th>
            <th class="num">Took</th>
            <th class="num">Try</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((delivery) => (
            <Row
              key={`${delivery.id} ${delivery.attempts} ${delivery.state}`}
              delivery={delivery}
              isSelected={selected.value?.id === delivery.id}
              onSelect={() => (selected.value = delivery)}
            />
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}

/** When it was settled, or else tried. */
export const timeOf = ({ at, settledAt, firstAttemptAt }: LiveDelivery) =>
  at ?? settledAt ?? firstAttemptAt ?? undefined

type RowProps = { delivery: LiveDelivery; isSelected: boolean; onSelect: () => void }

function Row({ delivery, isSelected, onSelect }: RowProps) {
  const { at, state, subscription, type, key, lastAttempt, attempts } = delivery
  return (
    <tr class={isSelected ? 'sel' : ''} data-row onClick={onSelect}>
      <td>
        <button type="button" class="as-text" onClick={onSelect} aria-pressed={isSelected}>
          {clock(Date.parse(at), zone.value, true)}
        </button>
      </td>
      <td>
        <StateMark look={lookOfDelivery(state)} />
      </td>
      <td>{subscription}</td>
      <td>{type ?? noValue}</td>
      <td>{key ?? noValue}</td>
      <td class="num">{lastAttempt?.status ?? lastAttempt?.code ?? noValue}</td>
      <td class="num">{spanMs(lastAttempt?.totalMs)}</td>
      <td class="num">{attempts}</td>
    </tr>
  )
}
