import type { Facts } from '../check/facts.ts'
import type { Judgement } from '../check/judge.ts'
import type { Outcome } from '../experiment.ts'
import { findGaps } from '../gaps.ts'
import { momentsOf } from '../moments.ts'
import { failuresOf } from './failures.ts'
import type { Figures, SubscriptionFigures, VerdictFigures } from './figures.ts'
import { clockOf, faultsOf, gapsOf, type Naming } from './measure-faults.ts'
import { timelineOf } from './timeline.ts'

/** Enough to see what they have in common; the history has them all. */
const firstOffences = 50

/** Everything that a report says of an experiment. `names`: what to call its subscriptions, where not by their own name. */
export function measure(outcome: Outcome, names: readonly string[] = []): Figures {
  const { facts, published, judgements, ofRun } = outcome
  const clock = clockOf(facts, judgements[0]?.scope)
  const named = judgements.map(({ scope, judgement }, index) => ({
    ...{ scope, judgement, clock, name: names[index] ?? scope.subscription },
  }))
  return {
    run: judgements[0]?.scope.stream ?? '',
    ...published,
    deliveries: named.reduce((sum, { scope }) => sum + momentsOf(facts, scope).delivered.length, 0),
    appendedAgain: judgements[0]?.judgement.counts.appendedAgain ?? 0,
    subscriptions: named.map((one) => subscriptionOf(facts, one)),
    faults: faultsOf(facts, named),
    verdicts: [...named, { judgement: ofRun, name: '' }].flatMap(verdictsOf),
    failures: failuresOf(facts),
    timeline: timelineOf(facts, named),
  }
}

type Judged = Naming & { judgement: Judgement }

function subscriptionOf(facts: Facts, { judgement, ...naming }: Judged): SubscriptionFigures {
  const { acknowledged = 0, lost = 0, deadLettered = 0, duplicates = 0, outOfOrder = 0 } = judgement.counts
  return {
    ...{ name: naming.name, subscription: naming.scope.subscription, holds: judgement.holds },
    ...{ acknowledged, delivered: acknowledged - lost - deadLettered, deadLettered, lost },
    ...{ duplicated: duplicates, outOfOrder },
    ...gapsOf(findGaps(facts, naming.scope), naming),
  }
}

const verdictsOf = ({ judgement, name }: Pick<Judged, 'judgement' | 'name'>): VerdictFigures[] =>
  judgement.verdicts.map(({ invariant, claim, holds, judged, offences }) => ({
    ...{ invariant, claim, name, holds, judged, offences: offences.length },
    first: offences.slice(0, firstOffences),
  }))
