import type { Stack } from '../../support/stack.ts'
import type { Load, Outcome } from '../experiment.ts'
import type { Result } from '../figures/figures.ts'
import { measure } from '../figures/measure.ts'

export type { Result } from '../figures/figures.ts'

/** `backlog`: how many events shall wait in the retry topic, where that matters. */
export type Stage = { stack: Stack; round: number; load: Load; backlog: number; signal: AbortSignal }

/** A run of its own shape, with figures of its own beside the verdicts. `row` is that of the fault matrix. */
export type Scenario = { what: string; row?: string; run(stage: Stage): Promise<Result> }

/** The verdicts and figures of one experiment; `names` as for the figures. */
export const resultOf = (outcome: Outcome, names: readonly string[] = []): Result => ({
  figures: [measure(outcome, names)],
  notes: [...outcome.figures, ...unseenText(outcome)],
  complaint: outcome.complaint,
})

/** What the readers of retry topics missed, and how much cannot be judged for it. */
function unseenText({ judgements }: Outcome): string[] {
  const sum = (name: string) => judgements.reduce((all, { judgement }) => all + (judgement.counts[name] ?? 0), 0)
  const unseen = sum('unseenRetries')
  if (unseen === 0) return []
  return [
    `${unseen} records of retry topics were trimmed unseen: ${sum('unknownCommits')} commits may be right or wrong`,
  ]
}

/** Adds a figure to a result, and what is wrong with it, if anything. */
export const withFigure = (result: Result, text: string, complaints: readonly string[] = []): Result => ({
  ...result,
  notes: [...result.notes, text],
  complaint: [result.complaint, ...complaints].filter((one) => one !== '').join('\n'),
})
