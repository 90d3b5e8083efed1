import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { send } from '../../api/client.ts'
import { Refused } from '../../api/problem.ts'
import type { SeekAnswer } from '../../api/subscription-shapes.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { tell } from '../../parts/toasts.tsx'
import { count } from '../../words/numbers.ts'

/** Moves a paused subscription; what it would pass over or repeat is counted first. */
export function AskSeek({ name, onClose }: { name: string; onClose: () => void }) {
  const to = useSignal('latest')
  const dry = useSignal<SeekAnswer | Refused | undefined>(undefined)
  const url = `/v1/subscriptions/${encodeURIComponent(name)}/seek`
  useEffect(() => {
    const timer = setTimeout(async () => {
      dry.value = await send<SeekAnswer>('POST', url, { body: { to: to.value, dryRun: true } }).catch(
        (error: unknown) => {
          if (error instanceof Refused) return error
          throw error
        },
      )
    }, 250)
    return () => clearTimeout(timer)
  }, [to.value])
  async function run() {
    const { skipped, repeated } = await send<SeekAnswer>('POST', url, { body: { to: to.value, dryRun: false } })
    tell({
      look: { icon: 'step', tone: 'flow' },
      title: `${name} was moved`,
      text: `${count(skipped)} skipped, ${count(repeated)} are sent again after resume.`,
    })
    return undefined
  }
  return (
    <Confirm title={`Move ${name}?`} action="Move" isDestructive run={run} onClose={onClose}>
      <label class="field">
        <span>To</span>
        <input
          class="in mono"
          list="seek-to"
          value={to.value}
          onInput={(event) => (to.value = event.currentTarget.value.trim())}
        />
        <datalist id="seek-to">
          <option value="latest" />
          <option value="earliest" />
          <option value={new Date(Date.now() - 3_600_000).toISOString()} />
        </datalist>
      </label>
      <p class="hint">latest, or a time such as 2026-11-21T10:00:00Z</p>
      {dry.value instanceof Refused ? (
        <p class="hint bad">{dry.value.body.detail}</p>
      ) : (
        dry.value && (
          <p>
            <b>{count(dry.value.skipped)}</b> events would be skipped, <b>{count(dry.value.repeated)}</b> sent again.
          </p>
        )
      )}
    </Confirm>
  )
}
