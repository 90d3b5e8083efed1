/** One event that breaks an invariant, and how. */
export type Offence = { id: string; what: string }

/**
 * What a checker says. `holds` is false as soon as there is one offence; `judged` is how many cases it could look at, and
 * with none of them it says nothing; `counts` is for the report.
 */
export type Verdict = {
  invariant: string
  claim: string
  holds: boolean
  judged: number
  offences: readonly Offence[]
  counts: Readonly<Record<string, number>>
}

type Finding = Omit<Verdict, 'holds' | 'counts'> & { counts?: Readonly<Record<string, number>> }

export const verdict = ({ counts = {}, ...finding }: Finding): Verdict => ({
  ...finding,
  counts,
  holds: finding.offences.length === 0,
})
