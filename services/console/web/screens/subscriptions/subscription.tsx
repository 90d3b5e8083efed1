import { get } from '../../api/client.ts'
import { usePolling, useResource } from '../../api/resource.ts'
import type { Subscription as SubscriptionAnswer } from '../../api/subscription-shapes.ts'
import { state } from '../../live/live.ts'
import { LoadingPanel } from '../../parts/empty.tsx'
import { StateMark } from '../../parts/icon.tsx'
import { Crumb, Head } from '../../parts/page.tsx'
import { ProblemBox } from '../../parts/problem.tsx'
import { paths, streamPath } from '../../router/paths.ts'
import { lookOfPhase } from '../../words/states.ts'
import { ActionButtons } from './action-buttons.tsx'
import { Breakers } from './breakers.tsx'
import { HoldBox } from './hold-box.tsx'
import { LagChart } from './lag-chart.tsx'
import { LongestQueues } from './longest-queues.tsx'
import { OpenDeliveries } from './open-deliveries.tsx'
import { Partitions } from './partitions.tsx'
import { PolicyPanel, SecretsPanel, TargetsPanel } from './side-panels.tsx'

const everyMs = 3_000

/** Why it is held, what the instances think, when the next probe is, how long to catch up. */
export function Subscription({ name }: { name: string }) {
  const url = `/v1/subscriptions/${encodeURIComponent(name)}`
  const read = useResource(url, (signal) => get<SubscriptionAnswer>(url, {}, signal))
  usePolling(read, everyMs)
  const subscription = read.data.value
  const live = state.value?.subscriptions.find((one) => one.name === name)
  if (subscription === undefined)
    return (
      <>
        <Crumb href={paths.subscriptions} parent="Subscriptions">
          {name}
        </Crumb>
        <Head title={name} name={name} />
        {read.problem.value ? <ProblemBox problem={read.problem.value} retry={read.reload} /> : <LoadingPanel />}
      </>
    )
  const phase = live?.phase ?? subscription.status.phase
  return (
    <>
      <Crumb href={paths.subscriptions} parent="Subscriptions">
        {name}
      </Crumb>
      <Head
        name={name}
        title={
          <>
            {name} <StateMark look={lookOfPhase(phase)} />
          </>
        }
        text={<Definition subscription={subscription} />}
      >
        <ActionButtons subscription={subscription} phase={phase} onChange={read.reload} />
      </Head>
      {read.problem.value && <ProblemBox problem={read.problem.value} retry={read.reload} />}
      {(phase === 'held' || phase === 'failed') && <HoldBox subscription={subscription} live={live} />}
      <div class="cols c-main">
        <div>
          <LagChart
            name={name}
            phase={phase}
            status={subscription.status}
            lagSeconds={live?.lagSeconds ?? subscription.status.lagSeconds}
          />
          <Breakers subscription={subscription} live={live} />
          <LongestQueues status={subscription.status} />
          <OpenDeliveries name={name} status={subscription.status} />
          {live && <Partitions live={live} />}
        </div>
        <div class="stack-3">
          <TargetsPanel subscription={subscription} live={live} />
          <SecretsPanel subscription={subscription} onChange={read.reload} />
          <PolicyPanel subscription={subscription} />
        </div>
      </div>
    </>
  )
}

function Definition({
  subscription: { stream, filter, ordering, delivery, description },
}: {
  subscription: SubscriptionAnswer
}) {
  const types = filter?.types?.length ? `type is one of ${filter.types.join(', ')}` : 'every type'
  return (
    <>
      stream{' '}
      <a class="link" href={streamPath(stream)}>
        {stream}
      </a>{' '}
      ·{' '}
      <span class="rule">
        {types}
        {filter?.cel ? ` and ${filter.cel}` : ''}
      </span>{' '}
      · order: {ordering} · up to {delivery.concurrency} at once
      {description && ` · ${description}`}
    </>
  )
}
