import type { LiveDelivery } from '../../live/live.ts'
import { Id } from '../../parts/copy.tsx'
import { StateMark } from '../../parts/icon.tsx'
import { Facts, Panel } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { journeyPath } from '../../router/paths.ts'
import { setQuery } from '../../router/router.ts'
import { targetName } from '../../words/ids.ts'
import { noValue } from '../../words/numbers.ts'
import { lookOfDelivery } from '../../words/states.ts'
import { spanMs } from '../../words/times.ts'

/** One of the rows, at rest. */
export function Selected({ delivery }: { delivery: LiveDelivery | undefined }) {
  if (delivery === undefined)
    return (
      <Panel title="Selected">
        <p class="pad soft">Choose a row to see it at rest.</p>
      </Panel>
    )
  const { id, at, subscription, state, position, type, key, job, instance, because, lastAttempt, attempts } = delivery
  const answer = lastAttempt?.status ?? lastAttempt?.code ?? noValue
  return (
    <Panel title="Selected">
      <div class="pad stack-3">
        <p>
          <StateMark look={lookOfDelivery(state)} /> in <b>{subscription}</b>
        </p>
        <Facts
          facts={[
            ['delivery', <Id id={id} />],
            ['at', <Time at={at} show="clock-ms" />],
            ['type', <span class="mono">{type ?? noValue}</span>],
            ['key', <span class="mono">{key ?? noValue}</span>],
            ['answer', because ? `${answer}, ${because}` : answer],
            ['target', lastAttempt === null ? noValue : targetName(lastAttempt.target)],
            ['took', spanMs(lastAttempt?.totalMs)],
            ['instance', instance ?? noValue],
            ...(job === null ? [] : [['job', <Id id={job} />] as const]),
            ['attempts', attempts],
          ]}
        />
        <div class="btns">
          <a class="btn sm" href={journeyPath(position)}>
            Journey
          </a>
          <button type="button" class="btn sm" onClick={() => setQuery({ subscription, state }, true)}>
            More like this
          </button>
        </div>
      </div>
    </Panel>
  )
}
