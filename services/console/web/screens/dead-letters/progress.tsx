import type { Job } from '../../api/job-shapes.ts'
import { count } from '../../words/numbers.ts'

const width = 460

export const isUnderWay = ({ state }: Pick<Job, 'state'>) => state === 'queued' || state === 'running'

/** Delivered, failed again, to go. */
export function ProgressBar({ job: { matched, done, deadLettered } }: { job: Job }) {
  const of = (many: number) => (matched === 0 ? 0 : (many / matched) * width)
  const well = of(Math.max(0, done - deadLettered))
  return (
    <svg
      class="prog"
      viewBox={`0 0 ${width} 14`}
      width="100%"
      preserveAspectRatio="none"
      role="img"
      aria-label={`${count(done)} of ${count(matched)} done, ${count(deadLettered)} failed again`}
    >
      <rect class="f-sunken" width={width} height="14" />
      <rect class="f-water" width={well} height="14" />
      <rect class="f-flow" width={well} height="2" />
      <rect class="f-fail" x={well} width={of(deadLettered)} height="14" />
      <path class="p-rule" d="M.5 .5H459.5V13.5H.5Z" fill="none" />
    </svg>
  )
}
