import { connection, heardAt } from '../live/live.ts'
import { Icon } from '../parts/icon.tsx'
import { clock } from '../words/times.ts'
import { zone } from './preferences.ts'

/** Stays until the event stream is back: the figures on the page are old, and of when. */
export function ConnectionLine() {
  if (connection.value !== 'stopped') return null
  return (
    <div class="offline" role="status">
      <Icon name="waiting" />
      <b>Live updates stopped</b>
      <span>Reconnecting{heardAt.value > 0 && `, the figures are from ${clock(heardAt.value, zone.value)}`}.</span>
    </div>
  )
}
