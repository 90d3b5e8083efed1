import type { Broker, State } from '../../api/state-shapes.ts'
import { Icon } from '../../parts/icon.tsx'
import { paths } from '../../router/paths.ts'
import { count } from '../../words/numbers.ts'

const mostPartitions = 6

/** The log: each broker, what it leads of the busiest stream, and how many replicas of it are in sync. */
export function BrokerBox({ state }: { state: State }) {
  const busiest = state.streams.toSorted((one, other) => (other.eventsPerSecond ?? 0) - (one.eventsPerSecond ?? 0))[0]
  return (
    <div class="log" role="group" aria-label={`Log: ${state.kafka.brokers.length} brokers`}>
      {state.kafka.brokers.map((broker) => (
        <BrokerRow
          key={broker.id}
          broker={broker}
          state={state}
          partitions={busiest?.partitions.slice(0, mostPartitions) ?? []}
        />
      ))}
    </div>
  )
}

type RowProps = { broker: Broker; state: State; partitions: State['streams'][number]['partitions'] }

function BrokerRow({ broker, state, partitions }: RowProps) {
  const all = state.streams.flatMap((stream) => stream.partitions)
  const inSync = all.filter(({ inSync }) => inSync.includes(broker.id)).length
  const leads = all.filter(({ leader }) => leader === broker.id).length
  const isWell = broker.up && inSync === all.length
  return (
    <a href={paths.streams}>
      <div class="n1">
        <span>broker-{broker.id}</span>
        <span class={isWell ? 'st plain' : 'st fail'}>
          <Icon name={isWell ? 'ok' : 'failed'} small />
          {broker.up ? `ISR ${inSync}/${all.length}` : 'down'}
        </span>
      </div>
      <svg
        class="parts"
        viewBox="0 0 120 18"
        preserveAspectRatio="xMinYMid meet"
        role="img"
        aria-label={`leads ${leads} partitions, in sync on ${inSync}`}
      >
        {partitions.map(({ partition, leader }, index) => (
          <g key={partition}>
            <rect
              class={leader === broker.id ? 'f-flow' : 'f-surface'}
              x={index * 20 + 0.5}
              y=".5"
              width="17"
              height="17"
            />
            <rect fill="none" class="bankline" x={index * 20 + 0.5} y=".5" width="17" height="17" />
            <text class={leader === broker.id ? 't t-m t-solid' : 't t-m'} x={index * 20 + 9} y="13">
              {partition}
            </text>
          </g>
        ))}
      </svg>
      <div class="n2">
        <span>leads {count(leads)}</span>
        <span>{broker.controller ? 'controller' : ''}</span>
      </div>
    </a>
  )
}
