import { useSignal } from '@preact/signals'
import { send } from '../../api/client.ts'
import { Refused } from '../../api/problem.ts'
import type { Subscription } from '../../api/subscription-shapes.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { tell } from '../../parts/toasts.tsx'
import { paths } from '../../router/paths.ts'
import { navigate } from '../../router/router.ts'
import { count } from '../../words/numbers.ts'

/** Asks for the name, because what waits is not delivered any more. */
export function AskDelete({ subscription, onClose }: { subscription: Subscription; onClose: () => void }) {
  const { name, status } = subscription
  const typed = useSignal('')
  async function run() {
    if (typed.value !== name) throw notTyped(name)
    await send('DELETE', `/v1/subscriptions/${encodeURIComponent(name)}`)
    navigate(paths.subscriptions)
    tell({
      look: { icon: 'x', tone: 'plain' },
      title: `${name} is deleted`,
      text: 'Its dead letters and attempts stay.',
    })
    return undefined
  }
  return (
    <Confirm title={`Delete ${name}?`} action="Delete" isDestructive run={run} onClose={onClose}>
      <p>
        {count(status.lagEvents)} events that wait for it are not delivered. The events themselves, its dead letters and
        its attempts stay.
      </p>
      <label class="field">
        <span>Type {name} to delete it</span>
        <input class="in mono" value={typed.value} onInput={(event) => (typed.value = event.currentTarget.value)} />
      </label>
    </Confirm>
  )
}

const notTyped = (name: string) =>
  new Refused({
    title: 'The name does not match',
    status: 0,
    code: 'not-confirmed',
    detail: `Type ${name} into the field.`,
    retryable: false,
    requestId: '',
  })
