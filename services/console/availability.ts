import { Type } from 'typebox'

/** Whether events can be taken in and delivered, as this console saw it. */
export const availabilityAnswer = Type.Union(
  [
    Type.Object({
      windowSeconds: Type.Integer({ description: 'How far back this goes: at most a day, less after a start.' }),
      ratio: Type.Number({ description: 'The share of it that was available.' }),
      mtbfSeconds: Type.Union([Type.Number(), Type.Null()], {
        description: 'Available time per failure; null without one.',
      }),
      mttrSeconds: Type.Union([Type.Number(), Type.Null()], { description: 'Mean time to recover; null without one.' }),
      largestGapSeconds: Type.Number(),
    }),
    Type.Null(),
  ],
  { description: 'Null before anything was observed.' },
)

type Outage = { fromMs: number; toMs: number }

const windowMs = 86_400_000
/** Whoever did not look for so long knows nothing of that time. */
const blindMs = 15_000

/**
 * Watches one claim. States: up → down with the first look that denies it → up with the next one that does not. A gap lasts
 * from the last look that was well to the first one that is again, so it is never told too short; time in which nobody
 * looked counts for nothing.
 */
export type Availability = {
  /** One look. Returns the gap that ended with it. */
  look(isUp: boolean, atMs: number): Outage | null
  answer(nowMs: number): {
    windowSeconds: number
    ratio: number
    mtbfSeconds: number | null
    mttrSeconds: number | null
    largestGapSeconds: number
  } | null
}

export function watchAvailability(): Availability {
  let outages: Outage[] = []
  /** Spans in which somebody looked. */
  let watched: Outage[] = []
  let lastUpMs: number | null = null
  let downSinceMs: number | null = null
  const forget = (nowMs: number) => {
    const isWithin = ({ toMs }: Outage) => toMs > nowMs - windowMs
    outages = outages.filter(isWithin)
    watched = watched.filter(isWithin)
  }
  const extend = (atMs: number) => {
    const span = watched.at(-1)
    if (span !== undefined && atMs - span.toMs <= blindMs) span.toMs = atMs
    else {
      // What was before is not known to have lasted.
      lastUpMs = null
      downSinceMs = null
      watched.push({ fromMs: atMs, toMs: atMs })
    }
  }
  return {
    look(isUp, atMs) {
      extend(atMs)
      forget(atMs)
      if (!isUp) {
        downSinceMs ??= lastUpMs ?? atMs
        return null
      }
      lastUpMs = atMs
      if (downSinceMs === null) return null
      const ended = { fromMs: downSinceMs, toMs: atMs }
      downSinceMs = null
      outages.push(ended)
      return ended
    },
    answer(nowMs) {
      const startMs = nowMs - windowMs
      const lengthOf = ({ fromMs, toMs }: Outage) => Math.max(0, toMs - Math.max(fromMs, startMs))
      const lastMs = watched.at(-1)?.toMs ?? nowMs
      const all = downSinceMs === null ? outages : [...outages, { fromMs: downSinceMs, toMs: lastMs }]
      const lengths = all.map(lengthOf)
      const watchedMs = total(watched.map(lengthOf))
      if (watchedMs === 0) return null
      const downMs = total(lengths)
      return {
        windowSeconds: Math.round(watchedMs / 1_000),
        ratio: Math.max(0, Math.round((1 - downMs / watchedMs) * 1e6) / 1e6),
        mtbfSeconds: all.length === 0 ? null : seconds((watchedMs - downMs) / all.length),
        mttrSeconds: all.length === 0 ? null : seconds(downMs / all.length),
        largestGapSeconds: seconds(Math.max(0, ...lengths)),
      }
    },
  }
}

const total = (lengths: readonly number[]) => lengths.reduce((sum, length) => sum + length, 0)
const seconds = (ms: number) => Math.round(ms / 100) / 10
