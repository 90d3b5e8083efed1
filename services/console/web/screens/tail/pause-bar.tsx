import { Icon } from '../../parts/icon.tsx'
import { zone } from '../../shell/preferences.ts'
import { count } from '../../words/numbers.ts'
import { clock } from '../../words/times.ts'
import type { Tape } from './tape.ts'

/** While paused: since when, and how many came since. */
export function PauseBar({ tape }: { tape: Tape }) {
  if (tape.pausedAt.value === undefined) return null
  return (
    <div class="pausebar">
      <span class="held row">
        <Icon name="pause" />
        <b>Paused at {clock(tape.pausedAt.value, zone.value)}</b>
      </span>
      <span>{count(tape.missed.value)} more since, kept up to 20,000</span>
      <span class="grow" />
      <button type="button" class="btn sm" onClick={tape.toggle}>
        Show them
      </button>
    </div>
  )
}
