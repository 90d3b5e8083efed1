import type { SubscriptionState } from '../../api/state-shapes.ts'
import type { Subscription } from '../../api/subscription-shapes.ts'
import { now } from '../../live/now.ts'
import { Time } from '../../parts/time.tsx'
import { count } from '../../words/numbers.ts'
import { span } from '../../words/times.ts'

const reasons: Readonly<Record<string, string>> = {
  'all-targets-failing': 'Every target fails, so nothing is tried but one probe.',
  operator: 'An operator holds it: release it when its receiver may be called again.',
}

/** Since when nothing goes out, how much waits, when it is looked again, how long catching up will take. */
export function HoldBox({
  subscription: { status },
  live,
}: {
  subscription: Subscription
  live: SubscriptionState | undefined
}) {
  const { since, nextProbeAt, catchUpSeconds, oldestUndelivered, reason } = status
  const error = (live?.targets ?? status.targets).map(({ lastError }) => lastError).find((one) => one)
  const untilProbe = nextProbeAt ? (Date.parse(nextProbeAt) - now.value) / 1000 : null
  return (
    <section class="holdbox" aria-label="Hold">
      <Figure
        name={`${status.phase === 'failed' ? 'Stopped' : 'Held'} since`}
        value={since ? span((now.value - Date.parse(since)) / 1000) : '–'}
      >
        <Time at={since} show="day" />
      </Figure>
      <Figure name="Waiting, in order" value={count(live?.lagEvents ?? status.lagEvents)}>
        {oldestUndelivered && (
          <>
            oldest <Time at={oldestUndelivered.at} show="day" />
          </>
        )}
      </Figure>
      <Figure
        name="Next probe"
        value={untilProbe === null ? '–' : untilProbe > 0 ? `in ${span(Math.ceil(untilProbe))}` : 'now'}
      >
        one event, by one instance for all
      </Figure>
      <Figure name="To catch up, once it is back" value={span(catchUpSeconds)}>
        after a ramp that doubles with each success
      </Figure>
      <p>
        {reasons[reason ?? ''] ?? `Reason: ${reason ?? 'not known'}.`}{' '}
        {error && (
          <>
            Last answer: <code>{error}</code>.{' '}
          </>
        )}
        No attempt is used up while held, nothing becomes a dead letter.
      </p>
    </section>
  )
}

function Figure({ name, value, children }: { name: string; value: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <div class="l">{name}</div>
      <div class="v">{value}</div>
      <div class="d">{children}</div>
    </div>
  )
}
