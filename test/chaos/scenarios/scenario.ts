import type { Stack } from '../../support/stack.ts'
import type { Load, Outcome } from '../experiment.ts'
import type { FaultCost } from '../gaps.ts'
import { costsOf, report } from '../report.ts'

/** What to print of a run, what is wrong (empty when all is well), and what each fault cost each subscription. */
export type Result = { text: string; complaint: string; costs: readonly FaultCost[] }

/** `backlog`: how many events shall wait in the retry topic, where that matters. */
export type Stage = { stack: Stack; round: number; load: Load; backlog: number; signal: AbortSignal }

/** A run of its own shape, with figures of its own beside the verdicts. */
export type Scenario = { what: string; run(stage: Stage): Promise<Result> }

/** The verdicts and figures of one experiment. */
export const resultOf = (outcome: Outcome): Result => ({
  text: report(outcome),
  complaint: outcome.complaint,
  costs: costsOf(outcome),
})

/** Adds a figure to a result, and what is wrong with it, if anything. */
export const withFigure = (result: Result, text: string, complaints: readonly string[] = []): Result => ({
  ...result,
  text: `${result.text}\n    ${text}`,
  complaint: [result.complaint, ...complaints].filter((one) => one !== '').join('\n'),
})
