import { now } from '../live/now.ts'
import { zone } from '../shell/preferences.ts'
import { noValue } from '../words/numbers.ts'
import { absolute, clock, dayAndMinute, relative } from '../words/times.ts'

type Props = { at: string | null | undefined; show?: 'relative' | 'clock' | 'clock-ms' | 'day' }

/** A moment, as the words around it need it; hover and focus say it with its date and zone. */
export function Time({ at, show = 'relative' }: Props) {
  if (at === null || at === undefined) return <span class="muted">{noValue}</span>
  const atMs = Date.parse(at)
  if (Number.isNaN(atMs)) return <span>{at}</span>
  return (
    <time dateTime={at} title={absolute(atMs, zone.value)}>
      {textOf(atMs, show)}
    </time>
  )
}

function textOf(atMs: number, show: NonNullable<Props['show']>): string {
  switch (show) {
    case 'relative':
      return relative(atMs, now.value, zone.value)
    case 'clock':
      return clock(atMs, zone.value)
    case 'clock-ms':
      return clock(atMs, zone.value, true)
    case 'day':
      return dayAndMinute(atMs, now.value, zone.value)
    default:
      return show satisfies never
  }
}

/** How long something has lasted, in seconds; keeps counting. */
export function secondsSince(at: string | null | undefined): number | null {
  return at === null || at === undefined ? null : Math.max(0, (now.value - Date.parse(at)) / 1000)
}
