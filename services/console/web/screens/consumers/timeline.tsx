import { get } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import type { EventRecord, List } from '../../api/shapes.ts'
import type { SubscriptionState } from '../../api/state-shapes.ts'
import { now } from '../../live/now.ts'
import { moves, type Ownership, ownerships } from '../../live/owners.ts'
import { Panel } from '../../parts/page.tsx'
import { Scroll } from '../../parts/scroll.tsx'
import { Time } from '../../parts/time.tsx'
import { journeyPath } from '../../router/paths.ts'
import { zone } from '../../shell/preferences.ts'
import { counted } from '../../words/numbers.ts'
import { clock } from '../../words/times.ts'

const left = 92
const right = 1110
const rowHeight = 26
const leastSpanMs = 10_000
const ticks = 6

/** Who owned each partition while this page was open, and the takeovers the log tells of from before. */
export function Timeline({ subscription: { name } }: { subscription: SubscriptionState }) {
  const spans = ownerships.value.get(name) ?? []
  return (
    <Panel title="Rebalances" aside="owners since this page was opened">
      <Scroll label="Rebalance timeline" isPadded>
        <Drawing spans={spans} />
      </Scroll>
      <MoveTable name={name} />
    </Panel>
  )
}

function Drawing({ spans }: { spans: readonly Ownership[] }) {
  const toMs = now.value
  const fromMs = Math.min(toMs - leastSpanMs, ...spans.map((one) => one.fromMs))
  const x = (atMs: number) => left + ((Math.min(atMs, toMs) - fromMs) / (toMs - fromMs)) * (right - left)
  const partitions = [...new Set(spans.map(({ partition }) => partition))].sort((one, other) => one - other)
  const owners = [...new Set(spans.map(({ owner }) => owner).filter((owner) => owner !== null))].sort()
  const height = 8 + partitions.length * rowHeight
  return (
    <svg
      viewBox={`0 0 1120 ${height + 26}`}
      width="100%"
      role="img"
      aria-label={`Owners of ${counted(partitions.length, 'partition')} over time`}
    >
      {Array.from({ length: ticks + 1 }, (_, index) => fromMs + ((toMs - fromMs) * index) / ticks).map(
        (atMs, index) => (
          <g key={index}>
            <path class="p-axis" d={`M${x(atMs)} 4V${height}`} />
            <text class={`t ${index === ticks ? 't-e' : 't-m'}`} x={x(atMs)} y={height + 18}>
              {clock(atMs, zone.value)}
            </text>
          </g>
        ),
      )}
      {partitions.map((partition, row) => (
        <text key={partition} class="t t-e t-ink" x={left - 10} y={row * rowHeight + 21}>
          partition {partition}
        </text>
      ))}
      {spans.map((one) => (
        <Bar
          key={`${one.partition} ${one.fromMs}`}
          span={one}
          row={partitions.indexOf(one.partition)}
          from={x(one.fromMs)}
          to={x(one.toMs ?? toMs)}
          tone={owners.indexOf(one.owner ?? '')}
        />
      ))}
    </svg>
  )
}

/** Two owners differ by depth, further ones repeat; each carries its name. */
const tones = [
  { fill: 'f-p2', text: 't t-ink' },
  { fill: 'f-p4', text: 't t-solid' },
  { fill: 'f-p1', text: 't t-ink' },
] as const
const leastNamed = 70

function Bar({
  span: { owner },
  row,
  from,
  to,
  tone,
}: {
  span: Ownership
  row: number
  from: number
  to: number
  tone: number
}) {
  const y = 8 + row * rowHeight
  const look = tones[tone % tones.length] ?? tones[0]
  if (owner === null) return <rect x={from} y={y} width={Math.max(1, to - from)} height="18" fill="url(#hatch)" />
  return (
    <>
      <rect class={look.fill} x={from} y={y} width={Math.max(1, to - from)} height="18" />
      {to - from > leastNamed && (
        <text class={look.text} x={from + 8} y={y + 13}>
          {owner}
        </text>
      )}
    </>
  )
}

const shown = 10

function MoveTable({ name }: { name: string }) {
  const told = useResource('takeovers', (signal) =>
    get<List<EventRecord>>('/v1/events', { stream: 'ops', type: 'tailrace.takeover', limit: shown }, signal),
  )
  const seen = moves.value.filter(({ subscription }) => subscription === name).slice(0, shown)
  const takeovers = told.data.value?.items ?? []
  if (seen.length === 0 && takeovers.length === 0) return null
  return (
    <Scroll label="List of rebalances">
      <table>
        <caption class="vh">Rebalances</caption>
        <thead>
          <tr>
            <th>When</th>
            <th>What happened</th>
            <th class="num">Moved</th>
          </tr>
        </thead>
        <tbody>
          {seen.map(({ atMs, from, to, partitions }) => (
            <tr key={`${atMs} ${from} ${to}`}>
              <td>
                <Time at={new Date(atMs).toISOString()} show="clock" />
              </td>
              <td>
                {to === null
                  ? `${from} gave them up`
                  : from === null
                    ? `${to} took them over`
                    : `from ${from} to ${to}`}
              </td>
              <td class="num">{counted(partitions.length, 'partition')}</td>
            </tr>
          ))}
          {takeovers.map(({ position, storedAt, key }) => (
            <tr key={position}>
              <td>
                <Time at={storedAt} show="day" />
              </td>
              <td>
                <a class="link" href={journeyPath(position)}>
                  takeover{key ? ` of ${key}` : ''}
                </a>
              </td>
              <td class="num">–</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}
