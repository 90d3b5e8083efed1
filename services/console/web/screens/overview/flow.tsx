import type { State } from '../../api/state-shapes.ts'
import { connection } from '../../live/live.ts'
import { paths } from '../../router/paths.ts'
import { count, rate } from '../../words/numbers.ts'
import { BrokerBox } from './brokers.tsx'
import { Inflow, Joining, Outflow, Sluices } from './channels.tsx'
import { ProducerNode, StreamNode, SubscriptionNode, TargetNode } from './nodes.tsx'
import { planOf } from './plan.ts'

/** The water plan: who writes, the streams, the log, the subscriptions behind it, and the targets behind their gates. */
export function FlowPanel({ state }: { state: State }) {
  return (
    <section class="panel" aria-label="Flow">
      <header>
        <h2>Flow</h2>
        <span class={connection.value === 'live' ? 'live soft' : 'live off soft'}>
          {connection.value === 'live' ? 'live' : 'stopped'}
        </span>
        <span class="aside">
          <Legend />
        </span>
      </header>
      <div class="plan">
        <PlanHead />
        <PlanBody state={state} />
      </div>
    </section>
  )
}

function PlanHead() {
  return (
    <div class="plan-head" aria-hidden="true">
      <span class="g1">Producers</span>
      <span class="g3">Streams</span>
      <span class="g5">Log</span>
      <span class="g7">
        Subscriptions <b>behind</b>
      </span>
      <span class="g9">Targets</span>
    </div>
  )
}

function PlanBody({ state }: { state: State }) {
  const plan = planOf(state)
  const { height, producers, streams, subscriptions } = plan
  const rows = (many: number) => ({ gridTemplateRows: `repeat(${many}, ${height / many}px)` })
  const held = subscriptions.filter(({ phase }) => phase === 'held').length
  const delivered = subscriptions.reduce((sum, one) => sum + (one.eventsPerSecond ?? 0), 0)
  return (
    <div class="plan-body" style={{ height: 'auto', minHeight: `${height}px` }}>
      <div class="pc pc-up" style={rows(producers.length)}>
        {producers.map((producer) => (
          <ProducerNode key={producer.id} producer={producer} />
        ))}
      </div>
      <Joining plan={plan} />
      <div class="pc pc-pr" style={rows(streams.length)}>
        {streams.map((stream) => (
          <StreamNode key={stream.name} stream={stream} />
        ))}
      </div>
      <Inflow plan={plan} />
      <Stub
        words={`${rate(streams.reduce((sum, one) => sum + (one.eventsPerSecond ?? 0), 0))} stored on all in-sync replicas`}
      />
      <BrokerBox state={state} />
      <Outflow plan={plan} />
      <Stub words={`${rate(delivered)} delivered${held > 0 ? ` · ${held} held` : ''}`} />
      <div class="pc pc-6" style={rows(Math.max(1, subscriptions.length))}>
        {subscriptions.map((subscription) => (
          <SubscriptionNode key={subscription.name} subscription={subscription} />
        ))}
        {subscriptions.length === 0 && <NoSubscription />}
      </div>
      <Sluices plan={plan} />
      <div class="pc pc-6 pc-tg" style={rows(Math.max(1, subscriptions.length))}>
        {subscriptions.map((subscription) => (
          <TargetNode key={subscription.name} subscription={subscription} />
        ))}
      </div>
      {plan.leftOut > 0 && (
        <p class="plan-more">
          <a class="link" href={paths.subscriptions}>
            {count(plan.leftOut)} more subscriptions
          </a>
        </p>
      )}
    </div>
  )
}

function NoSubscription() {
  return (
    <a class="node ghost" href={paths.newSubscription}>
      <div class="n1">No subscription yet</div>
      <div class="n2">Make one to deliver what the log keeps</div>
    </a>
  )
}

/** On narrow pages the plan stands upright; this joins its parts. */
function Stub({ words }: { words: string }) {
  return (
    <div class="stub">
      <svg viewBox="0 0 16 34" aria-hidden="true">
        <rect class="f-water" x="4" width="8" height="34" />
        <path class="bankline" d="M4 0V34M12 0V34" />
      </svg>
      <span>{words}</span>
    </div>
  )
}

function Legend() {
  return (
    <span class="legend">
      <span>
        <svg viewBox="0 0 12 10" aria-hidden="true">
          <rect class="f-water" y="1" width="12" height="8" />
          <path class="bankline" d="M0 1H12M0 9H12" />
        </svg>
        flowing, width is rate
      </span>
      <span>
        <svg viewBox="0 0 12 10" aria-hidden="true">
          <rect y="0" width="12" height="10" fill="url(#hatch)" />
        </svg>
        waiting behind a gate
      </span>
      <span>
        <svg viewBox="0 0 12 10" aria-hidden="true">
          <path class="dryline" d="M0 1H12M0 9H12" />
        </svg>
        dry
      </span>
    </span>
  )
}
