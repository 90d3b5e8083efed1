import { Type } from 'typebox'
import type { Side } from '#shared/delivery/comparison.ts'
import type { LogBatch, LoggedAttempt, LoggedComparison } from '#shared/delivery/log/entries.ts'

const text = Type.String()
const side = Type.Object({ target: text, status: Type.Integer(), bodySha256: text, bodyBytes: Type.Integer() })
const sideOrNull = Type.Union([side, Type.Null()])

export const comparisonAnswer = Type.Union(
  [
    Type.Object({
      result: Type.String({
        description:
          'match, mismatch, unanswered (one of them gave no whole answer), skipped (the second target was not asked: it is down or too slow), unknown (it was asked, and what came of that is not on record, or not yet); more may come.',
      }),
      target: Type.Union([Type.String(), Type.Null()], {
        description: 'The second target; null when it was not asked.',
      }),
      primary: sideOrNull,
      other: sideOrNull,
    }),
    Type.Null(),
  ],
  {
    description:
      'With balance compare: what the second target made of this attempt; both answers are told when they differ, in the class of their status or in their body (64 KiB of it). Null: nothing was compared.',
  },
)

/** What was told of one delivery, and by which instance. */
export type FoundComparison = { instance: LogBatch['instance']; told: LoggedComparison }

export const comparisonsIn = ({ instance, comparisons }: LogBatch, offset: number): FoundComparison[] =>
  comparisons.filter((one) => one.offset === offset).map((told) => ({ instance, told }))

/** Both times are of the clock of one instance. An instance that dies and repeats an attempt takes longer than this. */
const slackMs = 1_000

/** What was told of an attempt. The number alone may stand twice, if an instance died before it could write down the first. */
export function comparisonOf(
  { number, atMs }: Pick<LoggedAttempt, 'number' | 'atMs'>,
  instance: string,
  all: readonly FoundComparison[],
): LoggedComparison | undefined {
  const own = all.filter((one) => one.instance === instance && one.told.number === number)
  return own.map(({ told }) => told).find((told) => told.atMs >= atMs - slackMs)
}

/** As the API tells it. */
export function comparisonMember(attempt: LoggedAttempt, told: LoggedComparison | undefined) {
  if (!attempt.isCompared) return null
  if (told === undefined) return { result: 'unknown', target: null, primary: null, other: null }
  const { url, comparison } = told
  const differs = comparison.kind === 'mismatch' ? comparison : null
  return {
    result: comparison.kind,
    target: url,
    primary: differs === null ? null : sideOf(attempt.url, differs.primary),
    other: differs === null ? null : sideOf(url ?? '', differs.other),
  }
}

const sideOf = (target: string, { status, bodySha256, bodyBytes }: Side) => ({ target, status, bodySha256, bodyBytes })
