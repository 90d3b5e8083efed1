import { checkBytes } from './bytes.ts'
import { checkCommitSafety } from './commit-safety.ts'
import { checkDeadLetters } from './dead-letters.ts'
import { checkDuplicates, type DuplicateLimit } from './duplicates.ts'
import { checkExclusiveOwnership } from './exclusive-ownership.ts'
import type { Facts, Scope } from './facts.ts'
import { checkKeyOrder } from './key-order.ts'
import { checkNoLoss } from './no-loss.ts'
import { checkNoPhantom } from './no-phantom.ts'
import type { Verdict } from './verdict.ts'

export type Judgement = { holds: boolean; verdicts: readonly Verdict[]; counts: Readonly<Record<string, number>> }

/** Every checker over one subscription. `duplicates` is what the faults of the run may cost. */
export function judge(facts: Facts, scope: Scope, duplicates: DuplicateLimit): Judgement {
  const verdicts = [
    checkNoLoss(facts, scope),
    checkNoPhantom(facts, scope),
    checkBytes(facts, scope),
    checkKeyOrder(facts, scope),
    checkDuplicates(facts, scope, duplicates),
    checkDeadLetters(facts, scope),
    checkCommitSafety(facts, scope),
    checkExclusiveOwnership(facts, scope),
  ]
  const counts = Object.assign({}, ...verdicts.map((one) => one.counts)) as Record<string, number>
  return { holds: verdicts.every((one) => one.holds), verdicts, counts }
}

/** The broken invariants as text, with the first few events of each. */
export function explain(judgement: Judgement, most = 10): string {
  return judgement.verdicts
    .filter((one) => !one.holds)
    .map(({ invariant, claim, offences }) => {
      const shown = offences.slice(0, most).map(({ id, what }) => `  ${id}: ${what}`)
      const rest = offences.length > most ? [`  and ${offences.length - most} more`] : []
      return [`${invariant} does not hold (${claim}): ${offences.length}`, ...shown, ...rest].join('\n')
    })
    .join('\n')
}
