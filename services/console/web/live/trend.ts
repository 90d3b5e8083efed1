import { effect, signal } from '@preact/signals'
import { state } from './live.ts'

type Sample = { atMs: number; seconds: number }

/** How far back a trend looks. */
const windowMs = 20_000
/** Less than this is steady: a lag jitters by some tenths of a second between two commits. */
const steadySeconds = 1

const samples = new Map<string, Sample[]>()
const trends = signal<ReadonlyMap<string, string>>(new Map())

/** growing, shrinking or steady; undefined until something is known. */
export const trendOf = (subscription: string): string | undefined => trends.value.get(subscription)

/** How a lag moved between its oldest and newest sample. */
export function trendBetween(first: Sample, last: Sample): string {
  const change = last.seconds - first.seconds
  return Math.abs(change) < steadySeconds ? 'steady' : change > 0 ? 'growing' : 'shrinking'
}

/** Watches the lags of the live state. */
export function startTrends(): void {
  effect(() => {
    if (state.value === undefined) return
    const atMs = Date.parse(state.value.at)
    const next = new Map<string, string>()
    for (const { name, lagSeconds } of state.value.subscriptions) {
      if (typeof lagSeconds !== 'number') continue
      const kept = (samples.get(name) ?? []).filter((sample) => sample.atMs > atMs - windowMs)
      kept.push({ atMs, seconds: lagSeconds })
      samples.set(name, kept)
      const first = kept[0]
      if (first !== undefined && kept.length > 1) next.set(name, trendBetween(first, { atMs, seconds: lagSeconds }))
    }
    trends.value = next
  })
}
