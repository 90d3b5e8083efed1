import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Subscription } from '../../api/subscription-shapes.ts'
import { Icon } from '../../parts/icon.tsx'
import { editSubscriptionPath } from '../../router/paths.ts'
import { may } from '../../session.ts'
import { forgetScreenKeys, screenKeys } from '../../shell/keys.ts'
import { type Action, AskAction } from './ask-action.tsx'
import { AskDelete } from './ask-delete.tsx'
import { AskReplay } from './ask-replay.tsx'
import { AskSeek } from './ask-seek.tsx'
import { TestSend } from './test-send.tsx'

type Props = { subscription: Subscription; phase: string; onChange: () => void }
type Question = Action | 'seek' | 'test' | 'delete' | 'replay'

/** What can be done to a subscription. What the key may not do is shown, with the scope it needs. */
export function ActionButtons({ subscription, phase, onChange }: Props) {
  const asking = useSignal<Question | null>(null)
  const toggle: Action = subscription.paused || phase === 'paused' ? 'resume' : 'pause'
  const gate: Action = subscription.status.reason === 'operator' && phase === 'held' ? 'release' : 'hold'
  useEffect(() => {
    screenKeys.value = {
      p: () => {
        asking.value = toggle
      },
    }
    return forgetScreenKeys
  }, [toggle])
  function close() {
    asking.value = null
    onChange()
  }
  const button = (question: Question, label: string) => (
    <button
      type="button"
      class="btn"
      disabled={!may('operate')}
      title={may('operate') ? undefined : 'Needs the scope operate'}
      onClick={() => (asking.value = question)}
    >
      {question === toggle && <Icon name={toggle === 'pause' ? 'pause' : 'play'} />}
      {label}
    </button>
  )
  return (
    <>
      {button(toggle, toggle === 'pause' ? 'Pause…' : 'Resume…')}
      {phase !== 'paused' && button(gate, gate === 'hold' ? 'Hold…' : 'Release…')}
      {button('test', 'Test send')}
      {button('replay', 'Replay…')}
      {phase === 'paused' && button('seek', 'Seek…')}
      <a class="btn" href={editSubscriptionPath(subscription.name)}>
        Edit
      </a>
      <button
        type="button"
        class="btn stop"
        disabled={!may('manage')}
        title={may('manage') ? undefined : 'Needs the scope manage'}
        onClick={() => (asking.value = 'delete')}
      >
        Delete…
      </button>
      <AskedBox asking={asking.value} subscription={subscription} onClose={close} />
    </>
  )
}

function AskedBox({
  asking,
  subscription,
  onClose,
}: {
  asking: Question | null
  subscription: Subscription
  onClose: () => void
}) {
  switch (asking) {
    case null:
      return null
    case 'seek':
      return <AskSeek name={subscription.name} onClose={onClose} />
    case 'test':
      return <TestSend subscription={subscription} onClose={onClose} />
    case 'delete':
      return <AskDelete subscription={subscription} onClose={onClose} />
    case 'replay':
      return <AskReplay name={subscription.name} onClose={onClose} />
    default:
      return <AskAction action={asking} subscription={subscription} onClose={onClose} />
  }
}
