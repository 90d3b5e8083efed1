import { useSignal } from '@preact/signals'
import { send } from '../../api/client.ts'
import type { Key } from '../../api/shapes.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { tell } from '../../parts/toasts.tsx'
import { Secret } from './new-key.tsx'

const overlapMs = 86_400_000

type Props = { apiKey: Key; onClose: () => void }

/** A second secret; the first one goes on for a day. */
export function AskRotateKey({ apiKey: { id, name }, onClose }: Props) {
  const made = useSignal<Key | undefined>(undefined)
  if (made.value?.secret !== undefined) return <Secret name={name} secret={made.value.secret} onClose={onClose} />
  async function run() {
    made.value = await send<Key>('POST', `/v1/keys/${id}/rotate`, { body: { overlapMs } })
    return 'stay' as const
  }
  return (
    <Confirm title={`Rotate ${name}?`} action="Rotate" run={run} onClose={onClose}>
      <p>It gets a new secret, shown once. The one it has goes on for 24 hours.</p>
    </Confirm>
  )
}

export function AskDeleteKey({ apiKey: { id, name, scopes }, onClose }: Props) {
  async function run() {
    await send('DELETE', `/v1/keys/${id}`)
    tell({
      look: { icon: 'key', tone: 'plain' },
      title: `${name} is deleted`,
      text: 'Requests with it are refused from now on.',
    })
    return undefined
  }
  return (
    <Confirm title={`Delete ${name}?`} action="Delete" isDestructive run={run} onClose={onClose}>
      <p>Whoever uses it is refused at once: {scopes.join(', ')}.</p>
    </Confirm>
  )
}
