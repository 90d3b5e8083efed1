import type { Subscription } from '../../api/subscription-shapes.ts'
import { state } from '../../live/live.ts'
import { trendOf } from '../../live/trend.ts'
import { Gauge, Trend } from '../../parts/gauge.tsx'
import { StateMark } from '../../parts/icon.tsx'
import { Spark, type Values } from '../../parts/spark.tsx'
import { Time } from '../../parts/time.tsx'
import { listPath, paths, subscriptionPath } from '../../router/paths.ts'
import { targetName } from '../../words/ids.ts'
import { count, counted, rate } from '../../words/numbers.ts'
import { lookOfPhase } from '../../words/states.ts'
import { span } from '../../words/times.ts'

const orders: Readonly<Record<string, string>> = {
  key: 'order by key',
  partition: 'order by partition',
  none: 'no order',
}

/** One line of the list. What moves comes from the live state, the rest from the answer of the list. */
export function SubscriptionRow({ subscription, delivered }: { subscription: Subscription; delivered: Values }) {
  const { name, stream, ordering, status } = subscription
  const live = state.value?.subscriptions.find((one) => one.name === name)
  const phase = live?.phase ?? status.phase
  const isFlowing = phase === 'active'
  const targets = live?.targets ?? status.targets
  const error = targets.map(({ lastError }) => lastError).find((one) => one)
  const up = targets.filter(({ healthy }) => healthy !== false).length
  const inFlight = live?.partitions.reduce((sum, pair) => sum + pair.inFlight, 0) ?? 0
  return (
    <tr class="tall" data-row>
      <td>
        <a href={subscriptionPath(name)}>
          <b>{name}</b>
        </a>
        <span class="sub">
          {stream} · {orders[ordering] ?? ordering}
        </span>
      </td>
      <td>
        <StateMark look={lookOfPhase(phase)} />
        <span class="sub">
          {status.since ? (
            <>
              since <Time at={status.since} show="day" />
            </>
          ) : (
            breakersOf(targets)
          )}
        </span>
      </td>
      <td>
        <span class="lag">
          <Gauge seconds={live?.lagSeconds ?? status.lagSeconds} phase={phase} />
          <span class="nowrap">
            <b>{span(live?.lagSeconds ?? status.lagSeconds)}</b> <Trend trend={trendOf(name) ?? status.lagTrend} />
          </span>
        </span>
        <span class="sub">
          {isFlowing && (live?.lagEvents ?? 0) < 100
            ? counted(inFlight, 'in flight', 'in flight')
            : counted(live?.lagEvents ?? 0, 'waiting', 'waiting')}
          {status.catchUpSeconds ? ` · ${span(status.catchUpSeconds)} to catch up` : ''}
        </span>
      </td>
      <td class="num">{rate(live?.eventsPerSecond)}</td>
      <td class="hide-s">
        <div class="sp">
          <Spark values={delivered} tone={isFlowing ? 'flow' : 'mute'} />
        </div>
      </td>
      <td class="num hide-s">{count(status.retrying)}</td>
      <td class="num hide-s">
        {(status.deadLetters ?? 0) > 0 ? (
          <a class="link silt" href={listPath(paths.deadLetters, { subscription: name })}>
            {count(status.deadLetters)}
          </a>
        ) : (
          count(status.deadLetters)
        )}
      </td>
      <td>
        <span class="targets mono">{targets.map(({ url }) => targetName(url)).join(', ')}</span>
        <span class={up === targets.length ? 'sub targets' : 'sub targets fail'}>
          {up} of {targets.length} up{up < targets.length && error ? `, ${error}` : ''}
        </span>
      </td>
    </tr>
  )
}

function breakersOf(targets: readonly { openOn: number; instances: number }[]): string {
  const all = targets.reduce((sum, { instances }) => sum + instances, 0)
  const open = targets.reduce((sum, { openOn }) => sum + openOn, 0)
  return all === 0 ? 'breakers not known' : `breakers closed, ${all - open} of ${all}`
}
