import { span } from '../words/times.ts'

/** Log scale from 0.1 s to 1 h over `width`; marks at 1 s, 10 s, 1 m, 10 m. */
const width = 112
const shortest = 0.1
const longest = 3_600
const marks = [1, 10, 60, 600, 3_600]

/** Where `seconds` stands on the gauge. */
export function gaugeX(seconds: number): number {
  const at = Math.log(Math.max(seconds, shortest) / shortest) / Math.log(longest / shortest)
  return Math.min(1, at) * (width - 1)
}

type Props = { seconds: number | null | undefined; phase: string }

/** The level of what waits, as on a staff gauge. The words beside it carry the value. */
export function Gauge({ seconds, phase }: Props) {
  const x = gaugeX(seconds ?? 0)
  const tone = phase === 'held' || phase === 'failed' ? 'held' : phase === 'paused' ? 'mute' : 'flow'
  return (
    <svg
      class="gauge"
      viewBox="0 0 112 12"
      preserveAspectRatio="none"
      role="img"
      aria-label={`${span(seconds)} behind`}
    >
      <rect class="f-sunken" width={width} height="7" />
      {tone === 'flow' ? (
        <rect class="f-bank" width={x} height="7" />
      ) : (
        <rect width={x} height="7" fill={tone === 'held' ? 'url(#hatch)' : 'url(#hatchm)'} />
      )}
      <path class="p-rule" d="M0 7.5H112" />
      {marks.map((mark) => (
        <path key={mark} class="p-rule" d={`M${gaugeX(mark).toFixed(1)} 4V7`} />
      ))}
      {x > 0 && <rect class={`f-${tone}`} x={Math.max(0, x - 2)} width="2" height="7" />}
      <rect class="f-rule" x="0" y="9" width="24.4" height="3" />
      <rect class="f-rule" x="48.7" y="9" width="19" height="3" />
      <rect class="f-rule" x="92" y="9" width="19" height="3" />
    </svg>
  )
}

const arrows = {
  steady: 'M1.5 6h9M7.5 3l3 3-3 3',
  growing: 'M2.5 9.5l7-7M5 2.5h4.5V7',
  shrinking: 'M2.5 2.5l7 7M5 9.5h4.5V5',
} as const

/** Whether the lag grows or shrinks; nothing when that is not known. */
export function Trend({ trend }: { trend: string | null | undefined }) {
  const arrow = arrows[trend as keyof typeof arrows]
  if (arrow === undefined) return null
  return (
    <svg class="tr" viewBox="0 0 12 12" role="img" aria-label={trend ?? ''}>
      <path d={arrow} />
    </svg>
  )
}
