import { useSignal } from '@preact/signals'
import { query, setQuery } from '../router/router.ts'
import { useFocusOnShow } from './drawer.tsx'
import { Icon } from './icon.tsx'

/** One member of the query that narrows a list. `options`: what there is to choose from. */
export type Filter = { name: string; label: string; options?: readonly string[]; hint?: string }

/** The filters that are set, each removable, and a way to set another. All of it stands in the address. */
export function Filters({ filters, children }: { filters: readonly Filter[]; children?: preact.ComponentChildren }) {
  const editing = useSignal<string | null>(null)
  const set = filters.filter(({ name }) => query.value[name] !== undefined || editing.value === name)
  const free = filters.filter((filter) => !set.includes(filter))
  return (
    <div class="filters">
      {set.map((filter) =>
        editing.value === filter.name ? (
          <EditChip key={filter.name} filter={filter} onDone={() => (editing.value = null)} />
        ) : (
          <SetChip key={filter.name} filter={filter} onEdit={() => (editing.value = filter.name)} />
        ),
      )}
      {free.length > 0 && (
        <label class="chip add">
          <Icon name="plus" small />
          <span>Filter</span>
          <select aria-label="Add a filter" value="" onChange={(event) => (editing.value = event.currentTarget.value)}>
            <option value="" disabled>
              choose
            </option>
            {free.map(({ name, label }) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
      )}
      <span class="grow" />
      {children}
    </div>
  )
}

function SetChip({ filter: { name, label }, onEdit }: { filter: Filter; onEdit: () => void }) {
  return (
    <span class="chip">
      <button type="button" class="k" onClick={onEdit} aria-label={`Change filter ${label}`}>
        {label}
      </button>
      <span class="op">is</span>
      <button type="button" class="v" onClick={onEdit} aria-label={`Change ${label}, now ${query.value[name]}`}>
        {query.value[name]}
      </button>
      <button
        type="button"
        class="x"
        aria-label={`Remove filter ${label}`}
        onClick={() => setQuery({ [name]: undefined }, true)}
      >
        <Icon name="x" small />
      </button>
    </span>
  )
}

function EditChip({ filter: { name, label, options, hint }, onDone }: { filter: Filter; onDone: () => void }) {
  const field = useFocusOnShow()
  const id = `choices-${name}`
  function submit(event: Event) {
    event.preventDefault()
    setQuery({ [name]: field.current?.value.trim() }, true)
    onDone()
  }
  return (
    <form class="chip edit" onSubmit={submit}>
      <span class="k">{label}</span>
      <span class="op">is</span>
      <input
        class="v"
        ref={field}
        list={id}
        defaultValue={query.value[name]}
        placeholder={hint}
        aria-label={label}
        onBlur={submit}
        onKeyDown={(event) => event.key === 'Escape' && onDone()}
      />
      <datalist id={id}>
        {options?.map((option) => (
          <option key={option} value={option} />
        ))}
      </datalist>
    </form>
  )
}
