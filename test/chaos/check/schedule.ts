import { clockErrorNs, parksOf } from './coverage.ts'
import { type Facts, receiptsOf, type Scope } from './facts.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

/** For the way to the receiver on a busy machine, and for the coarse timers of an owner. */
const slackMs = 1_500
/** An owner counts from the answer that it read; the broker dates the park, which we count from, a moment later. */
const appendMs = 300
/** A point may be late by this share of the gap before it, so that events that failed together do not come back together. */
const jitterShare = 0.1

/**
 * That the event `id` was tried at each point of the schedule until it was delivered, and at no other time: points are ms
 * after its first park, or after its first failure where it was never parked. While nobody owned its partition, from a
 * fault to the next delivery from there, points may pass.
 */
export function checkSchedule(facts: Facts, scope: Scope, { id, scheduleMs }: Scheduled): Verdict {
  const arrivals = (receiptsOf(facts, scope).get(id) ?? []).map((one) => one.arrivedNs).sort((a, b) => a - b)
  const clockNs = clockOf(facts, scope, id) ?? arrivals[0] ?? 0
  const agesMs = arrivals.slice(1).map((arrivedNs) => (arrivedNs - clockNs) / 1e6)
  const windows = scheduleMs.map((pointMs, index) => {
    const gapMs = pointMs - (scheduleMs[index - 1] ?? 0)
    const fromMs = pointMs - clockErrorNs / 1e6 - appendMs
    return { pointMs, fromMs, toMs: pointMs + gapMs * jitterShare + slackMs }
  })
  const lastMs = Math.max(...agesMs, 0)
  const outages = outagesOf(facts, scope, id).map(({ fromNs, toNs }) => ({
    fromMs: (fromNs - clockNs) / 1e6,
    toMs: (toNs - clockNs) / 1e6 + slackMs,
  }))
  const missed = windows.filter(
    (window) =>
      window.toMs <= lastMs &&
      !agesMs.some((ageMs) => isWithin(ageMs, window)) &&
      !outages.some((one) => meet(one, window)),
  )
  const unplanned = agesMs.filter((ageMs) => ![...windows, ...outages].some((window) => isWithin(ageMs, window)))
  return verdict({
    invariant: 'I13',
    claim: 'a failing event is tried at its scheduled times',
    offences: [
      ...missed.map(({ pointMs }): Offence => ({ id, what: `not tried at ${pointMs} ms` })),
      ...unplanned.map((ageMs): Offence => ({ id, what: `tried at ${Math.round(ageMs)} ms, which is no point` })),
    ],
    judged: agesMs.length,
    counts: { scheduledAttempts: agesMs.length },
  })
}

export type Scheduled = { id: string; scheduleMs: readonly number[] }

type Window = { fromMs: number; toMs: number }

const isWithin = (ageMs: number, { fromMs, toMs }: Window): boolean => ageMs >= fromMs && ageMs <= toMs

const meet = (a: Window, b: Window): boolean => a.fromMs <= b.toMs && b.fromMs <= a.toMs

/** From each fault to the end of the longest silence of the event's partition after it: requests on their way still arrive. */
function outagesOf(facts: Facts, scope: Scope, id: string): { fromNs: number; toNs: number }[] {
  const partition = facts.log?.get(id)?.[0]?.partition
  const receipts = [...receiptsOf(facts, scope).values()].flat().filter((one) => one.partition === partition)
  const arrivals = receipts.map(({ arrivedNs }) => arrivedNs).sort((a, b) => a - b)
  return facts.faults.map(({ ns: fromNs }) => ({ fromNs, toNs: endOfLongestSilence(fromNs, arrivals) }))
}

function endOfLongestSilence(fromNs: number, arrivals: readonly number[]): number {
  let [beganNs, longestNs, endNs] = [fromNs, 0, Number.POSITIVE_INFINITY]
  for (const arrivedNs of arrivals) {
    if (arrivedNs <= fromNs) continue
    if (arrivedNs - beganNs > longestNs) [longestNs, endNs] = [arrivedNs - beganNs, arrivedNs]
    beganNs = arrivedNs
  }
  return endNs
}

function clockOf(facts: Facts, scope: Scope, id: string): number | undefined {
  const places = new Set((facts.log?.get(id) ?? []).map(({ partition, offset }) => `${partition}/${offset}`))
  const parks = parksOf(facts, scope).filter(({ source }) => places.has(`${source?.partition}/${source?.offset}`))
  if (parks.length === 0) return undefined
  return Math.min(...parks.map(({ fromNs }) => fromNs)) + clockErrorNs
}
