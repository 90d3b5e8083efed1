import { send } from '../../api/client.ts'
import type { Subscription } from '../../api/subscription-shapes.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { tell } from '../../parts/toasts.tsx'
import { tryTo } from '../../parts/try-to.ts'
import { count } from '../../words/numbers.ts'

export type Action = 'pause' | 'resume' | 'hold' | 'release'

const texts: Readonly<Record<Action, { title: string; button: string; text: string; done: string; undo: Action }>> = {
  pause: {
    title: 'Pause',
    button: 'Pause',
    text: 'Nothing is read for it any more; the log keeps what comes, as long as its retention allows. The other subscriptions go on.',
    done: 'is paused',
    undo: 'resume',
  },
  resume: {
    title: 'Resume',
    button: 'Resume',
    text: 'It goes on where it stopped, in order, as fast as its targets take it.',
    done: 'goes on',
    undo: 'pause',
  },
  hold: {
    title: 'Hold',
    button: 'Hold',
    text: 'Nothing is sent until it is released, not even a probe. Events are still read and their order is kept; no attempt is used up.',
    done: 'is held',
    undo: 'release',
  },
  release: {
    title: 'Release',
    button: 'Release',
    text: 'Its targets are called again, one delivery first, then twice as many with each success.',
    done: 'is released',
    undo: 'hold',
  },
}

/** Asks with count and consequence; it can be undone from the toast. */
export function AskAction({
  action,
  subscription,
  onClose,
}: {
  action: Action
  subscription: Subscription
  onClose: () => void
}) {
  const { name, status } = subscription
  const { title, button, text } = texts[action]
  return (
    <Confirm title={`${title} ${name}?`} action={button} run={() => act(name, action)} onClose={onClose}>
      <p>{text}</p>
      <p>{count(status.lagEvents)} events wait now. It takes effect on all instances within a second.</p>
    </Confirm>
  )
}

async function act(name: string, action: Action): Promise<undefined> {
  await send('POST', `/v1/subscriptions/${encodeURIComponent(name)}/${action}`)
  const { done, undo } = texts[action]
  tell({
    look: {
      icon: action === 'pause' ? 'paused' : action === 'hold' ? 'gatedown' : 'ok',
      tone: action === 'hold' ? 'held' : 'flow',
    },
    title: `${name} ${done}`,
    text: 'Takes effect on all instances within a second.',
    action: {
      label: 'Undo',
      key: 'u',
      run: () => void tryTo(() => send('POST', `/v1/subscriptions/${encodeURIComponent(name)}/${undo}`)),
    },
  })
  return undefined
}
