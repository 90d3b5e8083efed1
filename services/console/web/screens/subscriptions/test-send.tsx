import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { send } from '../../api/client.ts'
import type { Attempt } from '../../api/journey-shapes.ts'
import { Refused } from '../../api/problem.ts'
import type { Subscription } from '../../api/subscription-shapes.ts'
import { CopyButton } from '../../parts/copy.tsx'
import { Drawer } from '../../parts/drawer.tsx'
import { ProblemBox } from '../../parts/problem.tsx'
import { curlOf } from '../../words/curl.ts'
import { targetName } from '../../words/ids.ts'
import { AttemptRow } from '../journey/attempt.tsx'

type Sendable = Pick<Subscription, 'name' | 'destination'>

/** One signed event straight to a target, outside stream, breaker and counters; its answer is shown. */
export function TestSend({ subscription, onClose }: { subscription: Sendable; onClose: () => void }) {
  return (
    <Drawer
      title={`Test send to ${subscription.name}`}
      text="A signed tailrace.test event, straight to the target: outside stream, breaker and counters."
      onClose={onClose}
    >
      <TestForm subscription={subscription} />
    </Drawer>
  )
}

export function TestForm({ subscription: { name, destination } }: { subscription: Sendable }) {
  const form = useRef<HTMLFormElement>(null)
  const isBusy = useSignal(false)
  const attempt = useSignal<Attempt | undefined>(undefined)
  const problem = useSignal<Refused | undefined>(undefined)
  const url = `/v1/subscriptions/${encodeURIComponent(name)}/test`
  const targets = destination.targets ?? []
  async function submit(event: SubmitEvent) {
    event.preventDefault()
    const fields = new FormData(form.current ?? undefined)
    const type = String(fields.get('type') ?? '')
    const target = fields.get('target')
    isBusy.value = true
    problem.value = undefined
    try {
      attempt.value = await send<Attempt>('POST', url, {
        body: { ...(target !== null && { target }), ...(type !== '' && { type }) },
      })
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      problem.value = error
    }
    isBusy.value = false
  }
  return (
    <form onSubmit={submit} ref={form} class="stack-3">
      {targets.length > 1 && (
        <label class="field">
          <span>Target</span>
          <select class="in" name="target">
            {targets.map((target) => (
              <option key={target.url} value={target.url}>
                {targetName(target.url)}
              </option>
            ))}
          </select>
        </label>
      )}
      <label class="field">
        <span>Type</span>
        <input class="in mono" name="type" placeholder="tailrace.test" />
      </label>
      <div class="btns">
        <button type="submit" class="btn main" disabled={isBusy.value}>
          {isBusy.value ? 'Sending…' : 'Send a test event'}
        </button>
        <CopyButton
          text={curlOf({ method: 'POST', url: location.origin + url, body: {} })}
          label="Copy as curl"
          kind="btn quiet"
        />
      </div>
      {problem.value && <ProblemBox problem={problem.value} />}
      {attempt.value && (
        <div class="panel" role="status">
          <AttemptRow attempt={attempt.value} slowestMs={attempt.value.timingsMs.total} />
        </div>
      )}
    </form>
  )
}
