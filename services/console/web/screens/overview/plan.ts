import type { Instance, State, StreamState, SubscriptionState } from '../../api/state-shapes.ts'

/** What the plan shows, from top to bottom, and how high it is. Geometry is in pixels. */
export type Plan = {
  height: number
  producers: readonly Instance[]
  streams: readonly StreamState[]
  subscriptions: readonly SubscriptionState[]
  leftOut: number
}

const rowHeight = 68
const leastHeight = 340
const mostSubscriptions = 12
const mostStreams = 6

const severity: Readonly<Record<string, number>> = { failed: 0, held: 1, starting: 2, active: 3, paused: 4 }

/** All of it while it fits; of many subscriptions those that need someone, then the busiest. */
export function planOf(state: State): Plan {
  const sorted = state.subscriptions.toSorted(
    (one, other) =>
      (severity[one.phase] ?? 2) - (severity[other.phase] ?? 2) ||
      (other.eventsPerSecond ?? 0) - (one.eventsPerSecond ?? 0),
  )
  const shown = new Set(sorted.slice(0, mostSubscriptions))
  const subscriptions = state.subscriptions.filter((one) => shown.has(one))
  const streams = state.streams
    .toSorted((one, other) => (other.eventsPerSecond ?? 0) - (one.eventsPerSecond ?? 0))
    .slice(0, mostStreams)
  const producers = state.instances.filter(({ service }) => service === 'producer')
  const height = Math.max(leastHeight, subscriptions.length * rowHeight, streams.length * rowHeight)
  return { height, producers, streams, subscriptions, leftOut: sorted.length - subscriptions.length }
}

/** The middle of the row `index` of `many`. */
export const middleOf = (index: number, many: number, height: number) => ((index + 0.5) * height) / many

/** Four times the rate looks twice as wide. */
export const channelWidth = (perSecond: number | null | undefined) => 3 + Math.sqrt(Math.max(0, perSecond ?? 0))
