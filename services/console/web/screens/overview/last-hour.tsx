import { addedUp, readHistory } from '../../api/history.ts'
import { usePolling, useResource } from '../../api/resource.ts'
import type { State } from '../../api/state-shapes.ts'
import { Panel } from '../../parts/page.tsx'
import { niceMost, Spark, type Values } from '../../parts/spark.tsx'
import { Time } from '../../parts/time.tsx'
import { listPath, paths } from '../../router/paths.ts'
import { count, trimmed } from '../../words/numbers.ts'

const everyMs = 30_000
const hourSeconds = 3_600
const minuteSeconds = 60

/** The last hour by the minute: one scale of time for all. */
export function LastHour({ state }: { state: State }) {
  const streams = state.streams.map(({ name }) => name)
  const subscriptions = state.subscriptions.map(({ name }) => name)
  const kinds = ['delivered', 'failed', 'dead-lettered']
  const series = [
    ...streams.map((name) => `stored/${name}`),
    ...kinds.flatMap((kind) => subscriptions.map((name) => `${kind}/${name}`)),
  ]
  const history = useResource(series.join(), (signal) =>
    readHistory({ series, seconds: hourSeconds, stepSeconds: minuteSeconds }, signal),
  )
  usePolling(history, everyMs)
  const sumOf = (kind: string) =>
    addedUp([...(history.data.value ?? [])].filter(([name]) => name.startsWith(`${kind}/`)).map(([, values]) => values))
  const perSecond = (kind: string) => sumOf(kind).map((value) => (value === null ? null : value / minuteSeconds))
  return (
    <Panel title="Last hour" aside="by the minute, one scale of time">
      <div class="multi">
        <Tile name="Ingest" unit="/s" values={perSecond('stored')} href={paths.events} />
        <Tile name="Delivered" unit="/s" values={perSecond('delivered')} href={paths.subscriptions} />
        <Tile name="Failed attempts" unit="a minute" values={sumOf('failed')} tone="fail" href={paths.tail} />
        <Tile
          name="Dead letters"
          unit="a minute"
          values={sumOf('dead-lettered')}
          tone="silt"
          href={listPath(paths.deadLetters, {})}
        />
      </div>
      <div class="foot">
        {state.instances
          .filter(({ service }) => service === 'consumer')
          .map(({ id, lastHeartbeatAt }) => (
            <span key={id}>
              {id}, heartbeat <Time at={lastHeartbeatAt} />
            </span>
          ))}
        <span class={state.redis.up ? '' : 'fail'}>Redis {state.redis.up ? 'up' : 'down'}</span>
        <span class="grow" />
        <a class="link" href={paths.consumers}>
          Consumers
        </a>
      </div>
    </Panel>
  )
}

type TileProps = { name: string; unit: string; values: Values; tone?: 'flow' | 'fail' | 'silt'; href: string }

function Tile({ name, unit, values, tone = 'flow', href }: TileProps) {
  // The minute that is going on is not over yet: its sum would look like a fall.
  const whole = values.slice(0, -1)
  const last = whole.at(-1) ?? null
  const most = niceMost(whole)
  return (
    <a href={href}>
      <span class="l">
        {name}
        <span class="rg">0 to {most < 1 ? trimmed(most, 2) : count(most)}</span>
      </span>
      <span class="v">
        {last === null ? '–' : last < 10 ? trimmed(last, 1) : count(last)} <small>{unit}</small>
      </span>
      <Spark values={whole} tone={tone} height={40} />
    </a>
  )
}
