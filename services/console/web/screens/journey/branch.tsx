import { get } from '../../api/client.ts'
import type { Delivery, WholeDelivery } from '../../api/journey-shapes.ts'
import { useResource } from '../../api/resource.ts'
import { Icon } from '../../parts/icon.tsx'
import { ProblemBox } from '../../parts/problem.tsx'
import { Time } from '../../parts/time.tsx'
import { subscriptionPath } from '../../router/paths.ts'
import { counted } from '../../words/numbers.ts'
import { lookOfDelivery } from '../../words/states.ts'
import { AttemptRow } from './attempt.tsx'
import { BranchActions } from './branch-actions.tsx'
import { isSilent } from './silent.ts'
import { Why } from './why.tsx'

/** What became of the event in one subscription. */
export function Branch({ delivery, onChange }: { delivery: Delivery; onChange: () => void }) {
  const look = lookOfDelivery(delivery.state)
  const kind = isSilent(delivery) ? 'branch silent' : delivery.state === 'dead-lettered' ? 'branch is-silt' : 'branch'
  return (
    <div class={kind}>
      <header>
        <span class={`st ${look.tone}`}>
          <Icon name={look.icon} />
        </span>
        <h3>
          <a href={subscriptionPath(delivery.subscription)}>{delivery.subscription}</a>
        </h3>
        <span class={look.tone === 'plain' ? 'tag' : `tag ${look.tone}`}>{look.word}</span>
        <span class="r">
          <Remark delivery={delivery} />
        </span>
      </header>
      {delivery.attempts > 0 && <Attempts delivery={delivery} />}
      {delivery.state !== 'delivered' && delivery.state !== 'delivering' && <Why delivery={delivery} />}
      <BranchActions delivery={delivery} onChange={onChange} />
    </div>
  )
}

function Remark({ delivery: { attempts, nextAttemptAt, state } }: { delivery: Delivery }) {
  if (nextAttemptAt !== null && nextAttemptAt !== undefined)
    return (
      <>
        {counted(attempts, 'attempt')}, next <Time at={nextAttemptAt} />
      </>
    )
  if (attempts > 0) return <>{counted(attempts, 'attempt')}</>
  return <>{state === 'filtered' ? 'as intended' : state === 'paused' ? 'not yet read' : ''}</>
}

function Attempts({ delivery }: { delivery: Delivery }) {
  const url = `/v1/deliveries/${encodeURIComponent(delivery.id)}`
  const whole = useResource(`${url} ${delivery.attempts} ${delivery.state}`, (signal) =>
    get<WholeDelivery>(url, {}, signal),
  )
  const attempts = whole.data.value?.attemptList ?? []
  const slowest = Math.max(1, ...attempts.map(({ timingsMs }) => timingsMs.total))
  return (
    <>
      {whole.problem.value && <ProblemBox problem={whole.problem.value} retry={whole.reload} />}
      {attempts.map((attempt) => (
        <AttemptRow key={`${attempt.number} ${attempt.at} ${attempt.job}`} attempt={attempt} slowestMs={slowest} />
      ))}
    </>
  )
}
