import type { Outcome } from './experiment.ts'
import { measure } from './figures/measure.ts'
import { type FaultCost, measureFaults } from './gaps.ts'
import { figuresText } from './report/text.ts'

/** The figures of one experiment as text. */
export const report = (outcome: Outcome): string => figuresText(measure(outcome))

/** What every fault of a run cost each subscription. */
export const costsOf = ({ facts, judgements }: Outcome): FaultCost[] =>
  judgements.flatMap(({ scope }) => measureFaults(facts, scope))
