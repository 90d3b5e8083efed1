import type { VerdictFigures } from '../figures/figures.ts'

/** Why nothing could be judged of an invariant: what it is judged by is not in every run. */
const reasons: Readonly<Record<string, string>> = {
  I6: 'nobody read the log',
  I7: 'nothing was dead-lettered',
  I8: 'no bad request was sent',
  I9: 'nobody read the log',
  I11: 'no receiver was down beside one that was well',
  I12: 'two brokers were never away at once',
  I13: 'nothing was tried again',
  I14: 'no receiver was down',
  I15: 'no process was asked to stop',
  I16: 'no topic was made unsafe',
  I17: 'no clock jumped',
  I18: 'the product did not say what it counted',
  I19: 'no owner was seen, or nobody knows which process sent what',
  I20: 'no request was sent twice under one key',
}

export const reasonFor = (invariant: string): string => reasons[invariant] ?? 'nothing of it happened'

/** The invariants of a run of which nothing was judged, each with the reason; empty when all were. */
export function unjudgedText(verdicts: readonly Pick<VerdictFigures, 'invariant' | 'judged'>[]): string {
  const judged = new Set(verdicts.filter((one) => one.judged > 0).map(({ invariant }) => invariant))
  const others = new Set(verdicts.map(({ invariant }) => invariant).filter((invariant) => !judged.has(invariant)))
  const named = [...others]
    .sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)))
    .map((invariant) => `${invariant} (${reasonFor(invariant)})`)
  return named.length === 0 ? '' : `not judged: ${named.join(', ')}`
}
