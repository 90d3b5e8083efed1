import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { Refused } from '../../api/problem.ts'
import { state } from '../../live/live.ts'
import { CopyButton } from '../../parts/copy.tsx'
import { Field } from '../../parts/field.tsx'
import { ProblemBox } from '../../parts/problem.tsx'
import { may } from '../../session.ts'
import { curlOf } from '../../words/curl.ts'
import { type Draft, definitionOf } from './draft.ts'

type Props = { draft: Draft; isNew: boolean; problem: Refused | undefined; onSave(draft: Draft): Promise<void> }

const orders = [
  {
    value: 'key',
    name: 'In order per key',
    text: 'One delivery at a time per key, all keys at once. What waits behind a failure waits in order.',
  },
  { value: 'none', name: 'No order', text: 'Each event for itself; none waits for another.' },
  { value: 'partition', name: 'In order per partition', text: 'One delivery at a time per partition.' },
]

/** The wizard in one page: where from, where to, which events, in what order. */
export function DefinitionForm({ draft: first, isNew, problem, onSave }: Props) {
  const draft = useSignal(first)
  const isBusy = useSignal(false)
  const form = useRef<HTMLFormElement>(null)
  const set = (member: keyof Draft) => (value: string) => {
    draft.value = { ...draft.value, [member]: value }
  }
  async function submit(event: SubmitEvent) {
    event.preventDefault()
    isBusy.value = true
    await onSave(draft.value)
    isBusy.value = false
    form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
  }
  const { name, stream, urls, types, cel, concurrency, timeoutSeconds, perSecond, description } = draft.value
  const streams = state.value?.streams.map((one) => one.name) ?? []
  return (
    <form class="panel pad form" ref={form} onSubmit={submit}>
      <div class="two">
        <Field
          label="Name"
          value={name}
          onChange={set('name')}
          problem={problem}
          pointer="/name"
          hint="a-z, 0-9 and -"
          isFixed={!isNew}
          isRequired
          isMono
        />
        <Field
          label="Stream"
          value={stream}
          onChange={set('stream')}
          problem={problem}
          pointer="/stream"
          choices={streams}
          isFixed={!isNew}
          isRequired
        />
      </div>
      <Field
        label="Target URLs, one a line"
        value={urls}
        onChange={set('urls')}
        problem={problem}
        pointer="/destination"
        rows={2}
        isMono
        isRequired
        hint="https://billing.example/hooks. Redirects are not followed; private addresses need the operator's leave."
      />
      <div class="two">
        <Field
          label="Types"
          value={types}
          onChange={set('types')}
          problem={problem}
          pointer="/filter/types"
          hint="order.*, invoice.paid; empty: every type"
          isMono
        />
        <Field
          label="Condition (CEL)"
          value={cel}
          onChange={set('cel')}
          problem={problem}
          pointer="/filter/cel"
          hint="event.data.total > 100; empty: none"
          isMono
        />
      </div>
      <Ordering value={draft.value.ordering} onChange={set('ordering')} />
      <div class="two">
        <Field
          label="At most at once"
          value={concurrency}
          onChange={set('concurrency')}
          problem={problem}
          pointer="/delivery/concurrency"
        />
        <Field
          label="Answer within, seconds"
          value={timeoutSeconds}
          onChange={set('timeoutSeconds')}
          problem={problem}
          pointer="/delivery/timeoutMs"
        />
        <Field
          label="Rate limit, events a second"
          value={perSecond}
          onChange={set('perSecond')}
          problem={problem}
          pointer="/delivery/rateLimit"
          hint="empty: none"
        />
        {isNew && <From value={draft.value.from} onChange={set('from')} problem={problem} />}
      </div>
      <Field
        label="Description"
        value={description}
        onChange={set('description')}
        problem={problem}
        pointer="/description"
      />
      {problem && <ProblemBox problem={problem} />}
      <div class="btns">
        <button
          type="submit"
          class="btn main"
          disabled={isBusy.value || !may('manage')}
          title={may('manage') ? undefined : 'Needs the scope manage'}
        >
          {isNew ? 'Make subscription' : 'Save'}
        </button>
        <CopyButton
          label="Copy as curl"
          kind="btn quiet"
          text={curlOf({
            method: isNew ? 'PUT' : 'PATCH',
            url: `${location.origin}/v1/subscriptions/${name}`,
            body: definitionOf(draft.value),
          })}
        />
      </div>
    </form>
  )
}

function Ordering({ value, onChange }: { value: string; onChange(value: string): void }) {
  return (
    <fieldset>
      <legend>Order</legend>
      {orders.map((order) => (
        <label class="choice" key={order.value}>
          <input type="radio" name="ordering" checked={order.value === value} onChange={() => onChange(order.value)} />
          <span>
            {order.name}
            <small>{order.text}</small>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

function From({
  value,
  onChange,
  problem,
}: {
  value: string
  onChange(value: string): void
  problem: Refused | undefined
}) {
  return (
    <Field
      label="Begin at"
      value={value}
      onChange={onChange}
      problem={problem}
      pointer="/from"
      choices={['latest', 'earliest']}
      hint="latest, earliest or a time"
    />
  )
}
