import type { Stack } from '../../support/stack.ts'
import type { Load } from '../experiment.ts'

/** What to print of a run, and what is wrong; empty when all is well. */
export type Result = { text: string; complaint: string }

export type Stage = { stack: Stack; round: number; load: Load; backlog: number; signal: AbortSignal }

/** A run of its own shape, with figures of its own beside the verdicts. */
export type Scenario = { what: string; run(stage: Stage): Promise<Result> }

/** One text and one complaint of several. */
export const together = (results: readonly Result[]): Result => ({
  text: results.map(({ text }) => text).join('\n'),
  complaint: results.flatMap(({ complaint }) => (complaint === '' ? [] : complaint)).join('\n'),
})
