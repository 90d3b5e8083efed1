import { clockErrorNs, parksOf } from './coverage.ts'
import { type Facts, receiptsOf, type Scope } from './facts.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

/** For the way to the receiver on a busy machine, and for the coarse timers of an owner. */
const slackMs = 1_500
/** A point may be late by this share of the gap before it, so that events that failed together do not come back together. */
const jitterShare = 0.1

/**
 * That the event `id` was tried at each point of the schedule until it was delivered, and at no other time: points are ms
 * after its first park, or after its first failure where it was never parked.
 */
export function checkSchedule(facts: Facts, scope: Scope, { id, scheduleMs }: Scheduled): Verdict {
  const arrivals = (receiptsOf(facts, scope).get(id) ?? []).map((one) => one.arrivedNs).sort((a, b) => a - b)
  const clockNs = clockOf(facts, scope, id) ?? arrivals[0] ?? 0
  const agesMs = arrivals.slice(1).map((arrivedNs) => (arrivedNs - clockNs) / 1e6)
  const windows = scheduleMs.map((fromMs, index) => {
    const gapMs = fromMs - (scheduleMs[index - 1] ?? 0)
    return { fromMs: fromMs - clockErrorNs / 1e6, toMs: fromMs + gapMs * jitterShare + slackMs }
  })
  const lastMs = Math.max(...agesMs, 0)
  const missed = windows.filter(
    ({ fromMs, toMs }) => toMs <= lastMs && !agesMs.some((ageMs) => ageMs >= fromMs && ageMs <= toMs),
  )
  const unplanned = agesMs.filter((ageMs) => !windows.some(({ fromMs, toMs }) => ageMs >= fromMs && ageMs <= toMs))
  return verdict({
    invariant: 'I13',
    claim: 'a failing event is tried at its scheduled times',
    offences: [
      ...missed.map(({ fromMs }): Offence => ({ id, what: `not tried at ${Math.round(fromMs)} ms` })),
      ...unplanned.map((ageMs): Offence => ({ id, what: `tried at ${Math.round(ageMs)} ms, which is no point` })),
    ],
    counts: { scheduledAttempts: agesMs.length },
  })
}

export type Scheduled = { id: string; scheduleMs: readonly number[] }

function clockOf(facts: Facts, scope: Scope, id: string): number | undefined {
  const places = new Set((facts.log?.get(id) ?? []).map(({ partition, offset }) => `${partition}/${offset}`))
  const parks = parksOf(facts, scope).filter(({ source }) => places.has(`${source?.partition}/${source?.offset}`))
  if (parks.length === 0) return undefined
  return Math.min(...parks.map(({ fromNs }) => fromNs)) + clockErrorNs
}
