import { figure } from '../../bench/table.ts'
import type { FailedRequests, Run } from '../figures/figures.ts'
import type { GapSpread, KindFigures, Totals } from '../figures/totals.ts'

/** A pause as it is read: `0.32 s`, `12.4 s`. */
export const seconds = (ms: number): string => `${figure(ms / 1000, ms < 9_995 ? 2 : 1)} s`

export const count = (value: number): string => figure(value, 0)

/** Median and most of several pauses, or the only one. */
export function spreadText({ median, most }: GapSpread, injections: number): string {
  return injections === 1 ? seconds(most) : `${seconds(median)}, most ${seconds(most)}`
}

/** What a pause should be, and that it was longer, where it was. */
export function targetText({ target, missed }: GapSpread, injections: number): string {
  if (target === null) return ''
  const wanted = `≤ ${figure(target / 1000, 1)} s`
  if (missed === 0) return wanted
  return injections === 1 ? `${wanted} MISSED` : `${wanted} MISSED ${missed} of ${injections}`
}

/** The injection that came nearest to its bound. */
export const nearestText = ({ nearest }: Pick<KindFigures, 'nearest'>): string =>
  nearest === null ? '' : `${count(nearest.count)} of ${count(nearest.most)}`

/** Requests that ended alike, and when. */
export function failureText({ count: n, outcome, status, code, sinceFault, afterMs, mostMs }: FailedRequests): string {
  const since = sinceFault === '' ? 'before any fault' : `${seconds(afterMs)} after ${sinceFault}`
  const answer = `${status ?? 'no answer'} ${code}`.trim()
  return `${count(n)} requests failed: ${outcome} (${answer}), the first ${since}, after ${seconds(mostMs)} at most`
}

/**
 * What these runs prove, with their numbers: none in n bounds the rate by 3/n at 95 %. Nothing is claimed of what did not
 * hold or was not done.
 */
export function proofs({ acknowledged, lost, faults, failed, runs }: Totals): string[] {
  const n = `n = ${count(acknowledged)} acknowledged events`
  return [
    ...(lost === 0 && acknowledged > 0
      ? [`${n}, none lost: fewer than 1 in ${count(Math.floor(acknowledged / 3))} with 95 % confidence`]
      : []),
    ...(failed === 0 && runs > 0 && faults > 3
      ? [
          `k = ${count(faults)} faults, no run failed: fewer than ${figure(300 / faults, 1)} % of faults break a promise`,
        ]
      : []),
  ]
}

/** A failed run and the first thing that is wrong with it, in one line. */
export const failedLine = (run: Run): string => `${runLine(run)}: ${run.complaint.split('\n', 1)[0]}`

/** The run in one line. */
export const runLine = ({ title, round, complaint, seconds: took }: Run): string =>
  `${complaint === '' ? '✓' : '✗'} ${title}, run ${round + 1}, ${count(took)} s`
