import { computed, signal } from '@preact/signals'
import type { Bundle, LiveDelivery } from '../../live/live.ts'

/** As many rows as a page can show and still move at once; older ones are a search away. */
const mostShown = 60
const mostKept = 20_000
/** The histogram: two minutes by the second. */
export const seconds = 120

export type Second = {
  atSecond: number
  delivered: number
  failed: number
  dead: number
  omitted: number
  whilePaused: boolean
}
export type Tape = ReturnType<typeof createTape>

/**
 * What came, newest first. Running: everything is shown as it comes. Paused: the rows stand still, what comes is kept and
 * counted; a step shows the next one, resuming all of them.
 */
export function createTape() {
  const shown = signal<readonly LiveDelivery[]>([])
  const kept = signal<readonly LiveDelivery[]>([])
  const missed = signal(0)
  const pausedAt = signal<number | undefined>(undefined)
  const histogram = signal<readonly Second[]>([])
  const perSecond = computed(() => {
    const whole = histogram.value.slice(-11, -1)
    return whole.length === 0 ? 0 : whole.reduce((sum, one) => sum + totalOf(one), 0) / whole.length
  })
  function add({ deliveries, omitted }: Bundle) {
    histogram.value = counted(
      histogram.value,
      { deliveries, omitted },
      {
        atSecond: Math.floor(Date.now() / 1000),
        whilePaused: pausedAt.value !== undefined,
      },
    )
    if (pausedAt.value === undefined) shown.value = [...deliveries.toReversed(), ...shown.value].slice(0, mostShown)
    else {
      missed.value += deliveries.length + omitted
      kept.value = [...kept.value, ...deliveries].slice(0, mostKept)
    }
  }
  function toggle() {
    if (pausedAt.value === undefined) {
      pausedAt.value = Date.now()
      return
    }
    shown.value = [...kept.value.toReversed(), ...shown.value].slice(0, mostShown)
    kept.value = []
    missed.value = 0
    pausedAt.value = undefined
  }
  function step() {
    const [next, ...rest] = kept.value
    if (next === undefined) return
    kept.value = rest
    missed.value -= 1
    shown.value = [next, ...shown.value].slice(0, mostShown)
  }
  return { shown, missed, pausedAt, histogram, perSecond, add, toggle, step }
}

/** The histogram with `deliveries` in it; seconds in which nothing came are there, too. */
export function counted(
  before: readonly Second[],
  { deliveries, omitted }: Bundle,
  { atSecond, whilePaused }: Pick<Second, 'atSecond' | 'whilePaused'>,
): Second[] {
  const next = [...before]
  const from = next.at(-1)?.atSecond ?? atSecond - 1
  for (let second = Math.max(from + 1, atSecond - seconds); second <= atSecond; second += 1) {
    next.push({ atSecond: second, delivered: 0, failed: 0, dead: 0, omitted: 0, whilePaused })
  }
  const index = next.length - 1
  const last = next[index]
  if (last !== undefined) {
    const of = (state: string) => deliveries.filter((delivery) => delivery.state === state).length
    const [delivered, dead] = [of('delivered'), of('dead-lettered')]
    next[index] = {
      ...last,
      delivered: last.delivered + delivered,
      dead: last.dead + dead,
      failed: last.failed + of('retrying'),
      omitted: last.omitted + omitted,
    }
  }
  return next.slice(-seconds)
}

export const totalOf = ({ delivered, failed, dead, omitted }: Second) => delivered + failed + dead + omitted

export const wordsOfState = ['delivered', 'retrying', 'waiting', 'dead-lettered', 'filtered']

type Wanted = Readonly<Record<string, string | undefined>>

/** Names match whole; keys and types by their beginning. */
export function matchesTail(delivery: LiveDelivery, { subscription, state, key, type }: Wanted): boolean {
  return (
    (subscription === undefined || delivery.subscription === subscription) &&
    (state === undefined || delivery.state === state) &&
    (key === undefined || (delivery.key ?? '').startsWith(key)) &&
    (type === undefined || (delivery.type ?? '').startsWith(type))
  )
}
