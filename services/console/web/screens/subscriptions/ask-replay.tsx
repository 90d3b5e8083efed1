import { useSignal } from '@preact/signals'
import { send } from '../../api/client.ts'
import type { DryRun, Job } from '../../api/job-shapes.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { tell } from '../../parts/toasts.tsx'
import { jobPath } from '../../router/paths.ts'
import { navigate } from '../../router/router.ts'
import { bytes, counted } from '../../words/numbers.ts'

const minuteMs = 60_000
const spans = [
  { label: 'the last 15 minutes', minutes: 15 },
  { label: 'the last hour', minutes: 60 },
  { label: 'the last 24 hours', minutes: 1_440 },
  { label: 'everything the stream keeps', minutes: null },
]
const rates = [10, 50, 200, null]

/** Delivers past events again; a dry run counts them first, the second press starts the job. */
export function AskReplay({ name, onClose }: { name: string; onClose: () => void }) {
  const minutes = useSignal<number | null>(60)
  const perSecond = useSignal<number | null>(50)
  const dry = useSignal<DryRun | undefined>(undefined)
  async function run() {
    const from = minutes.value === null ? 'earliest' : new Date(Date.now() - minutes.value * minuteMs).toISOString()
    const body = { subscription: name, from, to: 'latest', ratePerSecond: perSecond.value }
    if (dry.value === undefined) {
      dry.value = await send<DryRun>('POST', '/v1/replays', { body: { ...body, dryRun: true } })
      return 'stay' as const
    }
    const job = await send<Job>('POST', '/v1/replays', { body: { ...body, dryRun: false } })
    navigate(jobPath(job.id))
    tell({
      look: { icon: 'play', tone: 'flow' },
      title: 'The replay runs',
      text: `Job ${job.id}. Closing this page does not stop it.`,
    })
    return undefined
  }
  return (
    <Confirm
      title={`Replay past events to ${name}?`}
      action={dry.value === undefined ? 'Dry run' : `Replay ${dry.value.matched}`}
      run={run}
      onClose={onClose}
    >
      <p>They are sent again with the same ids, in order per key, beside live events and marked as a replay.</p>
      <label class="field">
        <span>Which</span>
        <select
          class="in"
          onChange={(event) => {
            minutes.value = spans[event.currentTarget.selectedIndex]?.minutes ?? null
            dry.value = undefined
          }}
        >
          {spans.map(({ label, minutes: of }) => (
            <option key={label} selected={of === minutes.value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>How fast</span>
        <select class="in" onChange={(event) => (perSecond.value = rates[event.currentTarget.selectedIndex] ?? null)}>
          {rates.map((rate) => (
            <option key={rate} selected={rate === perSecond.value}>
              {rate === null ? 'as fast as it is taken' : `${rate} /s`}
            </option>
          ))}
        </select>
      </label>
      {dry.value && (
        <p>
          Dry run: <b>{counted(dry.value.matched, 'event')}</b>, {bytes(dry.value.bytes)}
          {dry.value.estimated ? ', estimated' : ''}. Nothing was sent.
        </p>
      )}
    </Confirm>
  )
}
