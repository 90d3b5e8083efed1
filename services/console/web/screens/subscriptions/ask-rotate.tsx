import { useSignal } from '@preact/signals'
import { send } from '../../api/client.ts'
import type { RotateAnswer } from '../../api/subscription-shapes.ts'
import { CodeBox } from '../../parts/code.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { Drawer } from '../../parts/drawer.tsx'
import { Time } from '../../parts/time.tsx'

const overlaps = [
  { label: '1 hour', ms: 3_600_000 },
  { label: '24 hours', ms: 86_400_000 },
  { label: '7 days', ms: 604_800_000 },
]

/** Asks for a new signing secret; it is shown once. */
export function AskRotate({ name, onClose }: { name: string; onClose: () => void }) {
  const overlapMs = useSignal(86_400_000)
  const made = useSignal<RotateAnswer | undefined>(undefined)
  if (made.value !== undefined) return <NewSecret name={name} made={made.value} onClose={onClose} />
  async function run() {
    made.value = await send<RotateAnswer>('POST', `/v1/subscriptions/${name}/rotate-secret`, {
      body: { overlapMs: overlapMs.value },
    })
    return 'stay' as const
  }
  return (
    <Confirm title={`Rotate the signing secret of ${name}?`} action="Rotate" run={run} onClose={onClose}>
      <p>Both secrets sign until the old one ends, so no receiver has to change at the same moment.</p>
      <label class="field">
        <span>The old one goes on for</span>
        <select
          class="in"
          value={overlapMs.value}
          onChange={(event) => (overlapMs.value = Number(event.currentTarget.value))}
        >
          {overlaps.map(({ label, ms }) => (
            <option key={ms} value={ms}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </Confirm>
  )
}

function NewSecret({ name, made, onClose }: { name: string; made: RotateAnswer; onClose: () => void }) {
  return (
    <Drawer title={`New secret of ${name}`} text="It is shown only now." onClose={onClose}>
      <CodeBox text={made.signingSecret} label="New signing secret" />
      {made.previousValidUntil && (
        <p class="soft mt">
          The one before signs until <Time at={made.previousValidUntil} show="day" />.
        </p>
      )}
    </Drawer>
  )
}
