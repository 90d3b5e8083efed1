import type { Signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { DeadLetter } from '../../api/job-shapes.ts'
import { LoadingRows } from '../../parts/empty.tsx'
import { Icon } from '../../parts/icon.tsx'
import { MoreButton, type Pages } from '../../parts/pages.tsx'
import { Scroll } from '../../parts/scroll.tsx'
import { Time } from '../../parts/time.tsx'
import { journeyPath } from '../../router/paths.ts'
import { query, setQuery } from '../../router/router.ts'
import { may } from '../../session.ts'
import { forgetScreenKeys, screenKeys } from '../../shell/keys.ts'
import { shortened } from '../../words/ids.ts'
import { count } from '../../words/numbers.ts'

type Selected = Signal<ReadonlySet<string>>
/** As many ids as one job takes. */
const mostIds = 500

/** Letters that match, to select from; nothing selected means all that match. */
export function LetterTable({ pages, selected }: { pages: Pages<DeadLetter>; selected: Selected }) {
  const rows = pages.items.value
  function toggle(id: string) {
    const next = new Set(selected.value)
    if (!next.delete(id)) next.add(id)
    selected.value = next
  }
  useEffect(() => {
    screenKeys.value = {
      x: () => {
        const id = document.activeElement?.closest<HTMLElement>('[data-row]')?.dataset.row
        return id === undefined ? false : toggle(id)
      },
      r: () => start('redrive', selected.value, rows),
    }
    return forgetScreenKeys
  }, [rows])
  return (
    <section class="panel" aria-label="Dead letters that match">
      <SelectionBar rows={rows} selected={selected} />
      <Scroll label="Dead letters that match">
        <table class="cards">
          <caption class="vh">Dead letters that match</caption>
          <thead>
            <tr>
              <th>
                <span class="vh">Select</span>
              </th>
              <th>Event</th>
              <th>Type</th>
              <th>Key</th>
              <th>Answer</th>
              <th class="num">Attempts</th>
              <th class="num">Died</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((letter) => (
              <LetterRow
                key={letter.id}
                letter={letter}
                isSelected={selected.value.has(letter.id)}
                onToggle={() => toggle(letter.id)}
              />
            ))}
            {rows.length === 0 && pages.isLoading.value && <LoadingRows columns={7} />}
          </tbody>
        </table>
      </Scroll>
      <div class="foot">
        <span>{rows.length} shown</span>
        <MoreButton pages={pages} />
        <span class="grow" />
        <span class="row hide-s">
          <kbd>x</kbd> select <kbd>r</kbd> redrive
        </span>
      </div>
    </section>
  )
}

function SelectionBar({ rows, selected }: { rows: readonly DeadLetter[]; selected: Selected }) {
  const chosen = selected.value
  const refusal = refusalOf(rows, chosen)
  const label = chosen.size > 0 ? count(chosen.size) : 'all that match'
  return (
    <div class="selbar">
      <label class="row">
        <input
          type="checkbox"
          class="ck"
          checked={rows.length > 0 && chosen.size === rows.length}
          aria-label="Select all rows shown"
          onChange={(event) =>
            (selected.value = new Set(event.currentTarget.checked ? rows.slice(0, mostIds).map(({ id }) => id) : []))
          }
        />
        <b>{chosen.size > 0 ? `${count(chosen.size)} selected` : 'All that match the query'}</b>
      </label>
      <span class="grow" />
      <button
        type="button"
        class="btn sm"
        disabled={refusal !== undefined}
        title={refusal}
        onClick={() => start('discard', chosen, rows)}
      >
        Discard {label}…
      </button>
      <button
        type="button"
        class="btn main sm"
        disabled={refusal !== undefined}
        title={refusal}
        onClick={() => start('redrive', chosen, rows)}
      >
        Redrive {label}…
      </button>
    </div>
  )
}

/** Why no job can be started of what is chosen, or shown. A job chooses by everything that narrows the list but the type. */
function refusalOf(rows: readonly DeadLetter[], chosen: ReadonlySet<string>): string | undefined {
  if (!may('operate')) return 'Needs the scope operate'
  if (rows.length === 0) return 'There is nothing to act on'
  if (chosen.size > 0) return undefined
  if (query.value.type !== undefined) return 'Select rows, or take the type out of the query'
  const isOne = query.value.subscription !== undefined || oneSubscription(rows)
  return isOne ? undefined : 'Choose one subscription first'
}

const oneSubscription = (rows: readonly DeadLetter[]) =>
  new Set(rows.map(({ subscription }) => subscription)).size === 1

function start(kind: 'redrive' | 'discard', chosen: ReadonlySet<string>, rows: readonly DeadLetter[]): void {
  const first = rows.find(({ id }) => chosen.size === 0 || chosen.has(id))
  if (first === undefined) return
  const subscription = query.value.subscription ?? first.subscription
  setQuery(
    {
      subscription,
      [kind]: chosen.size > 0 ? 'ids' : 'query',
      ids: chosen.size > 0 ? [...chosen].join(' ') : undefined,
    },
    true,
  )
}

type RowProps = { letter: DeadLetter; isSelected: boolean; onToggle: () => void }

function LetterRow({
  letter: { id, eventId, position, type, key, code, detail, attempts, deadAt, subscription },
  isSelected,
  onToggle,
}: RowProps) {
  return (
    <tr class={`${isSelected ? 'sel' : ''} ${query.value.subscription === undefined ? 'tall' : ''}`} data-row={id}>
      <td class="hide-s">
        <input type="checkbox" class="ck" checked={isSelected} aria-label={`Select ${id}`} onChange={onToggle} />
      </td>
      <td class="mono">
        <a class="link" href={journeyPath(position)} title={eventId}>
          {shortened(eventId)}
        </a>
        {query.value.subscription === undefined && <span class="sub">{subscription}</span>}
      </td>
      <td class="mono hide-s">{type}</td>
      <td class="mono">{key ?? '–'}</td>
      <td class="hide-s answer-cell">
        <span class="st fail">
          <Icon name="failed" />
          {/^status-(\d+)$/.exec(code)?.[1] ?? code}
        </span>{' '}
        <span class="mono muted">{withoutStatus(detail)}</span>
      </td>
      <td class="num hide-s">{attempts}</td>
      <td class="num">
        <Time at={deadAt} />
      </td>
    </tr>
  )
}

/** The answer of a receiver repeats its status, which stands before it already. */
const withoutStatus = (detail: string) => detail.replace(/^\d{3} from [^:]+: /, '')
