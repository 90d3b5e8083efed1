import { useEffect } from 'preact/hooks'
import type { State } from '../../api/state-shapes.ts'
import { state } from '../../live/live.ts'
import { LoadingPanel } from '../../parts/empty.tsx'
import { AvailabilityPanel } from './availability.tsx'
import { FirstRun } from './first-run.tsx'
import { FlowPanel } from './flow.tsx'
import { LastHour } from './last-hour.tsx'
import { Notices } from './notices.tsx'

/** Is something broken, since when, what to do; and where in the course water stands still. */
export function Overview() {
  useEffect(() => {
    document.title = 'Overview · Tailrace'
  }, [])
  if (state.value === undefined) {
    return (
      <>
        <h1 class="vh">Overview</h1>
        <LoadingPanel />
      </>
    )
  }
  if (isDry(state.value)) return <FirstRun state={state.value} />
  return (
    <>
      <h1 class="vh">Overview</h1>
      <Notices state={state.value} />
      <FlowPanel state={state.value} />
      <div class="cols c-avail gap">
        <AvailabilityPanel availability={state.value.availability} />
        <LastHour state={state.value} />
      </div>
    </>
  )
}

/** Nothing was ever published; the stream of operational events does not count. */
function isDry({ streams }: State): boolean {
  return streams
    .filter(({ name }) => name !== 'ops')
    .every(({ partitions }) => partitions.every(({ endOffset }) => endOffset === 0))
}
