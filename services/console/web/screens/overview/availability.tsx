import type { Availability } from '../../api/state-shapes.ts'
import { Panel } from '../../parts/page.tsx'
import { percent } from '../../words/numbers.ts'
import { span } from '../../words/times.ts'

/** How much of the last day could be published and delivered. */
export function AvailabilityPanel({ availability }: { availability: Availability | null }) {
  if (availability === null || availability === undefined || typeof availability.ratio !== 'number')
    return (
      <Panel title="Availability, last 24 h">
        <div class="pad stack-3">
          <p class="big">–</p>
          <p class="soft">Not known yet: nothing has been measured since the console started.</p>
        </div>
      </Panel>
    )
  const { windowSeconds, ratio, mtbfSeconds, mttrSeconds, largestGapSeconds } = availability
  const down = (1 - ratio) * 320
  return (
    <Panel title={`Availability, last ${span(windowSeconds)}`}>
      <div class="pad stack-3">
        <p class="big">
          {percent(ratio)}
          <small> %</small>
        </p>
        <svg
          class="spark"
          viewBox="0 0 320 36"
          preserveAspectRatio="none"
          role="img"
          aria-label={`Available ${percent(ratio)} % of the time`}
        >
          <rect class="f-water" y="8" width="320" height="18" />
          <path class="bankline" d="M0 8H320M0 26H320" />
          {down > 0 && <rect class="f-fail" x={320 - Math.max(2, down)} y="4" width={Math.max(2, down)} height="26" />}
        </svg>
        <p class="soft">
          {ratio === 1 ? (
            'No interruption.'
          ) : (
            <>
              Mean time between interruptions <b>{span(mtbfSeconds)}</b>, mean time to repair <b>{span(mttrSeconds)}</b>
              , longest <b>{span(largestGapSeconds)}</b>.
            </>
          )}
        </p>
        <p class="muted">A receiver that is down is not counted: its events wait, none is lost.</p>
      </div>
    </Panel>
  )
}
