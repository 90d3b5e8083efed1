import type { State, SubscriptionState } from '../api/state-shapes.ts'

export type Totals = {
  inRate: number
  outRate: number | null
  behindFlowing: number | null
  behindHeld: number | null
  held: number
  paused: number
}

/** The figures at the top of every page. */
export function totalsOf({ streams, subscriptions }: State): Totals {
  const rates = subscriptions.map(({ eventsPerSecond }) => eventsPerSecond).filter((value) => typeof value === 'number')
  const inPhase = (phase: string) => subscriptions.filter((one) => one.phase === phase)
  return {
    inRate: streams.reduce((sum, { eventsPerSecond }) => sum + (eventsPerSecond ?? 0), 0),
    outRate: rates.length === 0 ? null : rates.reduce((sum, value) => sum + value, 0),
    behindFlowing: longest(inPhase('active')),
    behindHeld: longest(inPhase('held')),
    held: inPhase('held').length,
    paused: inPhase('paused').length,
  }
}

function longest(subscriptions: readonly SubscriptionState[]): number | null {
  const lags = subscriptions.map(({ lagSeconds }) => lagSeconds).filter((value) => typeof value === 'number')
  return lags.length === 0 ? null : Math.max(...lags)
}
