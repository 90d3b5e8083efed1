import type { Instance, StreamState, SubscriptionState } from '../../api/state-shapes.ts'
import { trendOf } from '../../live/trend.ts'
import { Gauge, Trend } from '../../parts/gauge.tsx'
import { Icon } from '../../parts/icon.tsx'
import { paths, streamPath, subscriptionPath } from '../../router/paths.ts'
import { targetName } from '../../words/ids.ts'
import { count, rate, trimmed } from '../../words/numbers.ts'
import { lookOfPhase } from '../../words/states.ts'
import { span } from '../../words/times.ts'

export function ProducerNode({ producer: { id, ready, loopDelayMs } }: { producer: Instance }) {
  return (
    <a class={ready ? 'node' : 'node is-fail'} href={paths.consumers}>
      <div class="n1">
        <span class="clip">{id}</span>
      </div>
      <div class="n2">
        <span class={ready ? 'clip' : 'clip fail'}>{ready ? 'ready' : 'not ready'}</span>
        <span class="r">loop {trimmed(loopDelayMs, 1)} ms</span>
      </div>
    </a>
  )
}

export function StreamNode({ stream: { name, eventsPerSecond, partitions } }: { stream: StreamState }) {
  const kept = partitions.reduce((sum, { endOffset }) => sum + endOffset, 0)
  return (
    <a class="node" href={streamPath(name)}>
      <div class="n1">
        <span class="clip">{name}</span>
        <span class="r">{rate(eventsPerSecond)}</span>
      </div>
      <div class="n2">
        <span class="clip">{count(kept)} events</span>
      </div>
    </a>
  )
}

const nodeClass: Readonly<Record<string, string>> = {
  held: 'node is-held',
  failed: 'node is-fail',
  paused: 'node is-paused',
}

export function SubscriptionNode({ subscription }: { subscription: SubscriptionState }) {
  const { name, phase, eventsPerSecond, lagSeconds, targets } = subscription
  const look = lookOfPhase(phase)
  return (
    <a class={nodeClass[phase] ?? 'node'} href={subscriptionPath(name)}>
      <div class="n1">
        <span class={look.tone === 'plain' ? 'soft' : look.tone}>
          <Icon name={look.icon} small />
        </span>
        <span class="clip">{name}</span>
        <span class="r">{phase === 'active' ? rate(eventsPerSecond) : <b class={look.tone}>{look.word}</b>}</span>
      </div>
      <div class="n2">
        <Gauge seconds={lagSeconds} phase={phase} />
        <span class="r">
          {span(lagSeconds)} <Trend trend={trendOf(name)} />
        </span>
      </div>
      <div class="n3">
        {upOf(targets)} · {targets.map(({ url }) => targetName(url)).join(', ')}
      </div>
    </a>
  )
}

export function TargetNode({ subscription: { name, phase, targets } }: { subscription: SubscriptionState }) {
  const error = targets.map(({ lastError }) => lastError).find((one) => one)
  const isDown = targets.some(({ healthy }) => healthy === false)
  return (
    <a class={nodeClass[phase] ?? (isDown ? 'node is-fail' : 'node')} href={subscriptionPath(name)}>
      <div class="n1">
        <span class="clip">{targets.map(({ url }) => targetName(url)).join(', ')}</span>
      </div>
      <div class="n2">
        {isDown ? (
          <span class="fail row nowrap">
            <Icon name="failed" small />
            {upOf(targets)}
          </span>
        ) : (
          <span class="clip">{upOf(targets)}</span>
        )}
        {isDown && error && <span class="r clip">{error}</span>}
      </div>
    </a>
  )
}

export function upOf(targets: SubscriptionState['targets']): string {
  return `${targets.filter(({ healthy }) => healthy !== false).length} of ${targets.length} up`
}
