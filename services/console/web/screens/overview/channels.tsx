import type { SubscriptionState } from '../../api/state-shapes.ts'
import { channelWidth, middleOf, type Plan } from './plan.ts'

const heldWidth = 38
const mostWidth = 40

type ChannelProps = { y: number; width: number; from: number; to: number; isHeld?: boolean }

/** A straight channel with its banks; what flows in it moves, what waits is hatched. */
function Channel({ y, width, from, to, isHeld = false }: ChannelProps) {
  const top = y - width / 2
  return (
    <>
      <rect
        x={from}
        y={top}
        width={to - from}
        height={width}
        {...(isHeld ? { fill: 'url(#hatch)' } : { class: 'f-water' })}
      />
      <path class="bankline" d={`M${from} ${top}H${to}M${from} ${top + width}H${to}`} />
      {!isHeld && <path class="current" d={`M${from} ${y}H${to}`} />}
    </>
  )
}

const Dry = ({ y, from, to }: { y: number; from: number; to: number }) => (
  <path class="dryline" d={`M${from} ${y - 4.5}H${to}M${from} ${y + 4.5}H${to}`} />
)

function Canvas({ width, height, children }: { width: number; height: number; children: preact.ComponentChildren }) {
  return (
    <svg
      class="ch"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      style={{ height: `${height}px` }}
    >
      {children}
    </svg>
  )
}

/** Every producer writes to every stream; how much each of them writes is not known, so these are lines, not channels. */
export function Joining({ plan: { producers, streams, height } }: { plan: Plan }) {
  const paths = producers.flatMap((_, from) =>
    streams.map((stream, to) => {
      const start = middleOf(from, producers.length, height)
      const end = middleOf(to, streams.length, height)
      return {
        key: `${from}-${to}`,
        flows: (stream.eventsPerSecond ?? 0) > 0,
        d: `M-1 ${start}C26 ${start} 26 ${end} 53 ${end}`,
      }
    }),
  )
  return (
    <Canvas width={52} height={height}>
      {paths.map(({ key, flows, d }) =>
        flows ? <path key={key} class="cb" stroke-width="6" d={d} /> : <path key={key} class="dryline" d={d} />,
      )}
      {paths.map(({ key, flows, d }) => flows && <path key={key} class="cw" stroke-width="4" d={d} />)}
      {paths.map(({ key, flows, d }) => flows && <path key={key} class="current" d={d} />)}
    </Canvas>
  )
}

/** From the streams into the log, as wide as their rates. */
export function Inflow({ plan: { streams, height } }: { plan: Plan }) {
  return (
    <Canvas width={52} height={height}>
      {streams.map(({ name, eventsPerSecond }, index) => {
        const y = middleOf(index, streams.length, height)
        if ((eventsPerSecond ?? 0) === 0) return <Dry key={name} y={y} from={0} to={52} />
        return <Channel key={name} y={y} width={Math.min(mostWidth, channelWidth(eventsPerSecond))} from={0} to={52} />
      })}
    </Canvas>
  )
}

/** From the log to the subscriptions: a pause is a gate before the subscription. */
export function Outflow({ plan: { subscriptions, height } }: { plan: Plan }) {
  return (
    <Canvas width={84} height={height}>
      {subscriptions.map((subscription, index) => {
        const y = middleOf(index, subscriptions.length, height)
        const key = subscription.name
        if (isHeld(subscription)) return <Channel key={key} y={y} width={heldWidth} from={0} to={84} isHeld />
        if (subscription.phase === 'paused') return <ClosedBefore key={key} y={y} />
        if (isStill(subscription)) return <Dry key={key} y={y} from={0} to={84} />
        return <Channel key={key} y={y} width={widthOf(subscription)} from={0} to={84} />
      })}
    </Canvas>
  )
}

function ClosedBefore({ y }: { y: number }) {
  return (
    <>
      <Channel y={y} width={9} from={0} to={40} />
      <Dry y={y} from={44} to={84} />
      <Gate x={33} y={y} isDown isOnPurpose />
    </>
  )
}

/** From the subscriptions to their targets, each behind its gate. */
export function Sluices({ plan: { subscriptions, height } }: { plan: Plan }) {
  return (
    <Canvas width={62} height={height}>
      {subscriptions.map((subscription, index) => {
        const y = middleOf(index, subscriptions.length, height)
        return <Sluice key={subscription.name} y={y} subscription={subscription} />
      })}
    </Canvas>
  )
}

function Sluice({ y, subscription }: { y: number; subscription: SubscriptionState }) {
  if (isHeld(subscription))
    return (
      <>
        <Channel y={y} width={heldWidth} from={0} to={29} isHeld />
        <Dry y={y} from={36} to={62} />
        <Gate x={22} y={y} isDown />
      </>
    )
  if (isStill(subscription))
    return (
      <>
        <Dry y={y} from={0} to={62} />
        <Gate x={22} y={y} width={9} />
      </>
    )
  return (
    <>
      <Channel y={y} width={widthOf(subscription)} from={0} to={62} />
      <Gate x={22} y={y} width={widthOf(subscription)} />
    </>
  )
}

type GateProps = { x: number; y: number; width?: number; isDown?: boolean; isOnPurpose?: boolean }

/** Raised above the water it lets through, or down in it. */
function Gate({ x, y, width = 9, isDown = false, isOnPurpose = false }: GateProps) {
  const top = y - 23
  const foot = isDown ? (isOnPurpose ? y + 9 : y + 21) : y - width / 2
  return (
    <>
      <rect class="gate-post" x={x} y={top} width="18" height="2" />
      <rect class="gate-post" x={x + 1} y={top} width="2" height={foot - top} />
      <rect class="gate-post" x={x + 15} y={top} width="2" height={foot - top} />
      {isDown && <rect class="gate-post" x={x + 8} y={top} width="2" height="10" />}
      {isDown ? (
        <rect
          class={isOnPurpose ? 'gate-slab up' : 'gate-slab'}
          x={x + 5}
          y={top + 9}
          width="8"
          height={foot - top - 9}
        />
      ) : (
        <rect class="gate-slab up" x={x + 5} y={top + 3} width="8" height="7" />
      )}
    </>
  )
}

const isHeld = ({ phase }: SubscriptionState) => phase === 'held' || phase === 'failed'
const isStill = ({ phase, eventsPerSecond }: SubscriptionState) => phase !== 'active' || eventsPerSecond === 0
const widthOf = ({ eventsPerSecond }: SubscriptionState) => Math.min(mostWidth, channelWidth(eventsPerSecond))
