import type { Delivery, Journey } from '../../api/journey-shapes.ts'
import { StateMark } from '../../parts/icon.tsx'
import { Time } from '../../parts/time.tsx'
import { lookOfDelivery } from '../../words/states.ts'

/** States in which the subscription does not want the event, or somebody decided that it should not have it. */
const unwanted = new Set(['filtered', 'skipped', 'discarded'])

/** The answer in one line. */
export function verdictOf(deliveries: readonly Delivery[]): string {
  const wanted = deliveries.filter(({ state }) => !unwanted.has(state))
  const arrived = wanted.filter(({ state }) => state === 'delivered')
  if (deliveries.length === 0) return 'No subscription is on its stream'
  if (deliveries.every(({ attempts }) => attempts === 0)) return 'No request was sent for this event, and here is why'
  if (arrived.length === wanted.length)
    return wanted.length === 1 ? 'Arrived' : `Arrived at all ${wanted.length} that want it`
  if (wanted.length === 1) return 'Not arrived yet, and here is why'
  return `Arrived at ${arrived.length} of the ${wanted.length} that want it`
}

export function Verdict({ journey: { deliveries, indexCompleteTo } }: { journey: Journey }) {
  const states = [...new Set(deliveries.map(({ state }) => state))]
  return (
    <div class="verdict" role="status">
      <strong>{verdictOf(deliveries)}</strong>
      {states.map((state) => (
        <Group key={state} state={state} of={deliveries.filter((one) => one.state === state)} />
      ))}
      {indexCompleteTo && (
        <span class="muted xs">
          known up to <Time at={indexCompleteTo} show="clock" />
        </span>
      )}
    </div>
  )
}

const namesShown = 3

function Group({ state, of }: { state: string; of: readonly Delivery[] }) {
  const look = lookOfDelivery(state)
  const names =
    of.length <= namesShown && state !== 'delivered' ? `: ${of.map(({ subscription }) => subscription).join(', ')}` : ''
  return (
    <StateMark look={look}>
      {of.length} {look.word}
      {names}
    </StateMark>
  )
}
