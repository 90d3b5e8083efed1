import { figure } from './table.ts'

/** The goals of a scenario in words, and those that were missed, with what was reached instead. */
export type Verdict = { goals: string; missed: string[] }

/** A figure that has a goal: what stands before and behind it, and with how many decimals. */
export type Figure = { name: string; unit: string; decimals: number; value: number | undefined }

export type Check = { goal: string; miss: string; isMet: boolean }

export const verdictOf = (checks: readonly Check[]): Verdict => ({
  goals: checks.map(({ goal }) => goal).join(', '),
  missed: checks.filter(({ isMet }) => !isMet).map(({ miss }) => miss),
})

/** Nothing is said without a goal or a figure. */
export const atLeast = (goal: number | undefined, measured: Figure): Check[] =>
  check(goal, measured, { sign: '≥', missSign: '<', isMet: (value, bound) => value >= bound })

export const atMost = (goal: number | undefined, measured: Figure): Check[] =>
  check(goal, measured, { sign: '≤', missSign: '>', isMet: (value, bound) => value <= bound })

type Bound = { sign: string; missSign: string; isMet(value: number, goal: number): boolean }

function check(goal: number | undefined, measured: Figure, { sign, missSign, isMet }: Bound): Check[] {
  const { name, unit, decimals, value } = measured
  if (goal === undefined || value === undefined || Number.isNaN(value)) return []
  const wanted = `${figure(goal, decimals)}${unit}`
  return [
    {
      goal: `${name}${sign} ${wanted}`,
      miss: `${name}${figure(value, decimals)} ${missSign} ${wanted}`,
      isMet: isMet(value, goal),
    },
  ]
}
