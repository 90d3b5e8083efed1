import { useSignal } from '@preact/signals'
import { send } from '../../api/client.ts'
import { Refused } from '../../api/problem.ts'
import type { Key } from '../../api/shapes.ts'
import { state } from '../../live/live.ts'
import { CodeBox } from '../../parts/code.tsx'
import { Drawer } from '../../parts/drawer.tsx'
import { Field } from '../../parts/field.tsx'
import { ProblemBox } from '../../parts/problem.tsx'

const roles = [
  { scope: 'read', text: 'See everything but payloads.' },
  { scope: 'operate', text: 'Also pause, hold, test, redrive, replay, discard.' },
  { scope: 'manage', text: 'Also streams, subscriptions and keys.' },
]

/** A new key; its secret is shown once. */
export function NewKey({ onClose }: { onClose: () => void }) {
  const name = useSignal('')
  const scopes = useSignal<ReadonlySet<string>>(new Set())
  const problem = useSignal<Refused | undefined>(undefined)
  const made = useSignal<Key | undefined>(undefined)
  async function submit(event: SubmitEvent) {
    event.preventDefault()
    try {
      made.value = await send<Key>('POST', '/v1/keys', { body: { name: name.value, scopes: [...scopes.value] } })
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      problem.value = error
    }
  }
  function toggle(scope: string) {
    const next = new Set(scopes.value)
    if (!next.delete(scope)) next.add(scope)
    scopes.value = next
  }
  if (made.value?.secret !== undefined)
    return <Secret name={made.value.name} secret={made.value.secret} onClose={onClose} />
  const streams = ['*', ...(state.value?.streams.map((one) => one.name) ?? [])]
  const choices = [
    ...streams.map((stream) => ({
      scope: `publish:${stream}`,
      text: stream === '*' ? 'Publish to every stream.' : `Publish to ${stream}.`,
    })),
    ...streams.map((stream) => ({
      scope: `consume:${stream}`,
      text: stream === '*' ? 'See payloads of every stream.' : `See payloads of ${stream}.`,
    })),
    ...roles,
  ]
  return (
    <Drawer title="New key" text="It can have no scope that yours lacks." onClose={onClose}>
      <form class="stack-3" onSubmit={submit}>
        <Field
          label="Name"
          value={name.value}
          onChange={(next) => (name.value = next)}
          problem={problem.value}
          pointer="/name"
          hint="who uses it"
          isRequired
        />
        <fieldset class="form scopes">
          <legend>Scopes</legend>
          {choices.map(({ scope, text }) => (
            <label class="choice" key={scope}>
              <input type="checkbox" checked={scopes.value.has(scope)} onChange={() => toggle(scope)} />
              <span>
                <code>{scope}</code>
                <small>{text}</small>
              </span>
            </label>
          ))}
        </fieldset>
        {problem.value && <ProblemBox problem={problem.value} />}
        <button type="submit" class="btn main" disabled={scopes.value.size === 0}>
          Make key
        </button>
      </form>
    </Drawer>
  )
}

/** Shown once; only its hash is kept. */
export function Secret({ name, secret, onClose }: { name: string; secret: string; onClose: () => void }) {
  return (
    <Drawer title={`Secret of ${name}`} text="Shown only now: Tailrace keeps its hash." onClose={onClose}>
      <CodeBox text={secret} label={`Secret of ${name}`} />
      <p class="hint">Send it as Authorization: Bearer …</p>
    </Drawer>
  )
}
