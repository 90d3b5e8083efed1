import { useEffect, useMemo } from 'preact/hooks'
import { readHistory } from '../../api/history.ts'
import { useResource } from '../../api/resource.ts'
import type { SubscriptionStatus } from '../../api/subscription-shapes.ts'
import { now } from '../../live/now.ts'
import { trendOf } from '../../live/trend.ts'
import { Trend } from '../../parts/gauge.tsx'
import { LineChart } from '../../parts/line-chart.tsx'
import { Panel } from '../../parts/page.tsx'
import { span } from '../../words/times.ts'

type Props = { name: string; phase: string; status: SubscriptionStatus; lagSeconds: number | null }

const mostSamples = 1_800
const hourSeconds = 3_600
const stepSeconds = 60

/** Seconds behind: the last hour by the minute, then each second since the page was opened. The forecast says its condition. */
export function LagChart({ name, phase, status, lagSeconds }: Props) {
  const samples = useMemo(() => ({ times: [] as number[], values: [] as (number | null)[] }), [name])
  const series = `lag/${name}`
  const hour = useResource(series, (signal) =>
    readHistory({ series: [series], seconds: hourSeconds, stepSeconds }, signal),
  )
  useEffect(() => {
    // The minute that goes on is what the live samples draw.
    const known = hour.data.value?.get(series)?.slice(0, -1) ?? []
    const firstSecond = samples.times[0] ?? Date.now() / 1000
    samples.times.unshift(...known.map((_, index) => firstSecond - (known.length - index) * stepSeconds))
    samples.values.unshift(...known)
  }, [hour.data.value])
  useEffect(() => {
    samples.times.push(now.value / 1000)
    samples.values.push(lagSeconds ?? null)
    if (samples.times.length > mostSamples) {
      samples.times.shift()
      samples.values.shift()
    }
  }, [now.value])
  const { catchUpSeconds } = status
  return (
    <Panel
      title="Behind"
      beside={
        <span class="row">
          {span(lagSeconds)} <Trend trend={trendOf(name) ?? status.lagTrend} />
          {catchUpSeconds !== null && catchUpSeconds !== undefined && (
            <span class="muted">caught up in about {span(catchUpSeconds)}</span>
          )}
        </span>
      }
      aside="the last hour"
    >
      <div class="pad">
        <LineChart
          times={samples.times}
          values={samples.values}
          tone={phase === 'held' || phase === 'failed' ? 'held' : 'flow'}
          tick={now.value}
          format={span}
          label={`Seconds behind of ${name}, now ${span(lagSeconds)}`}
        />
      </div>
    </Panel>
  )
}
