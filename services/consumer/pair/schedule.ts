import { createHash } from 'node:crypto'

/** When a failing event is tried again. Points are milliseconds after the first failure, ascending. */
export type RetryPolicy = { readonly scheduleMs: readonly number[]; readonly giveUpAfterMs: number }

/** Between attempts of a policy without points: what the default policy ends with. */
const fallbackGapMs = 10_800_000
const shortestGapMs = 100
const jitterShare = 0.1

/**
 * The age (ms after the clock) of the first attempt that is later than `ageMs`. A pure function of policy, event and age, so
 * no counter can be lost: the points of the policy, one at `giveUpAfterMs`, after the last point one every (last gap);
 * each plus 0–10 % of the gap before it, so that events that failed together do not come back together.
 */
export function nextPointMs(policy: RetryPolicy, eventId: string, ageMs: number): number {
  for (let index = firstIndex(policy, ageMs); ; index += 1) {
    const point = pointAt(policy, index)
    const before = index === 0 ? 0 : pointAt(policy, index - 1)
    const due = point + (point - before) * jitterShare * unit(eventId, index)
    if (due > ageMs) return due
  }
}

/** Point `index` of the endless ascending list that the policy stands for. */
function pointAt({ scheduleMs, giveUpAfterMs }: RetryPolicy, index: number): number {
  const giveUpIndex = pointsBelow(scheduleMs, giveUpAfterMs)
  if (index < giveUpIndex) return regularPoint(scheduleMs, index)
  if (index === giveUpIndex) return giveUpAfterMs
  const coincides = regularPoint(scheduleMs, giveUpIndex) === giveUpAfterMs
  return regularPoint(scheduleMs, coincides ? index : index - 1)
}

function pointsBelow(scheduleMs: readonly number[], ageMs: number): number {
  const within = scheduleMs.filter((point) => point < ageMs).length
  if (within < scheduleMs.length) return within
  return within + Math.max(0, Math.ceil((ageMs - (scheduleMs.at(-1) ?? 0)) / lastGap(scheduleMs)) - 1)
}

function regularPoint(scheduleMs: readonly number[], index: number): number {
  const last = scheduleMs.length - 1
  return scheduleMs[index] ?? (scheduleMs[last] ?? 0) + (index - last) * lastGap(scheduleMs)
}

function lastGap(scheduleMs: readonly number[]): number {
  const last = scheduleMs.at(-1)
  if (last === undefined) return fallbackGapMs
  return Math.max(shortestGapMs, last - (scheduleMs.at(-2) ?? 0))
}

/** The last point that is surely not later than `ageMs`, found without walking days of points. */
function firstIndex(policy: RetryPolicy, ageMs: number): number {
  const last = policy.scheduleMs.at(-1) ?? 0
  if (ageMs <= last) return 0
  return policy.scheduleMs.length + Math.max(0, Math.floor((ageMs - last) / lastGap(policy.scheduleMs)) - 2)
}

/** A number in [0, 1) that only this event and this point have: SHA-256(event id LF point index). */
function unit(eventId: string, index: number): number {
  return createHash('sha256').update(`${eventId}\n${index}`).digest().readUInt32BE(0) / 2 ** 32
}
