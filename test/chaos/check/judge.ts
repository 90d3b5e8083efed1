import { checkAcknowledgement } from './acknowledgement.ts'
import { checkBadInput } from './bad-input.ts'
import { checkBytes } from './bytes.ts'
import { checkClockIndependence } from './clock-independence.ts'
import { checkCommitSafety } from './commit-safety.ts'
import { checkConservation, checkCounters } from './conservation.ts'
import { checkDeadLetters } from './dead-letters.ts'
import { checkDuplicates, type DuplicateLimit } from './duplicates.ts'
import { checkExclusiveOwnership } from './exclusive-ownership.ts'
import type { Facts, Scope } from './facts.ts'
import { checkGracefulStop } from './graceful-stop.ts'
import { checkHold } from './hold.ts'
import { checkIdempotentAnswers } from './idempotent-answers.ts'
import { checkIsolation } from './isolation.ts'
import { checkKeyOrder } from './key-order.ts'
import { checkLogAgreement } from './log-agreement.ts'
import { checkNoLoss } from './no-loss.ts'
import { checkNoPhantom } from './no-phantom.ts'
import { checkProgress } from './progress.ts'
import { checkRetryDiscipline } from './retry-discipline.ts'
import { checkSafeWiring } from './safe-wiring.ts'
import type { Verdict } from './verdict.ts'

export type Judgement = { holds: boolean; verdicts: readonly Verdict[]; counts: Readonly<Record<string, number>> }

/** Every checker that looks at one subscription. `duplicates` is what the faults of the run may cost. */
export function judge(facts: Facts, scope: Scope, duplicates: DuplicateLimit): Judgement {
  return judgementOf([
    checkNoLoss(facts, scope),
    checkNoPhantom(facts, scope),
    checkBytes(facts, scope),
    checkKeyOrder(facts, scope),
    checkDuplicates(facts, scope, duplicates),
    checkDeadLetters(facts, scope),
    checkCommitSafety(facts, scope),
    checkProgress(facts, scope),
    checkIsolation(facts, scope),
    checkRetryDiscipline(facts, scope),
    checkHold(facts, scope),
    checkConservation(facts, scope),
    checkExclusiveOwnership(facts, scope),
  ])
}

/** Every checker that looks at the run as a whole; `others` are the judgements of its subscriptions. */
export function judgeRun(facts: Facts, others: readonly Judgement[]): Judgement {
  const verdicts = [
    checkLogAgreement(facts),
    checkBadInput(facts),
    checkAcknowledgement(facts),
    checkGracefulStop(facts),
    checkSafeWiring(facts),
    checkCounters(facts),
    checkIdempotentAnswers(facts),
  ]
  const all = [...others.flatMap((one) => one.verdicts), ...verdicts]
  return judgementOf([...verdicts, checkClockIndependence(facts, all)])
}

/** The invariants of which something could be judged, and those that are broken, each once and in order. */
export function invariantsOf(judgements: readonly Judgement[]): { judged: string[]; broken: string[] } {
  const verdicts = judgements.flatMap((one) => one.verdicts)
  const names = (some: readonly Verdict[]) => [...new Set(some.map(({ invariant }) => invariant))].sort(byNumber)
  return {
    judged: names(verdicts.filter(({ judged }) => judged > 0)),
    broken: names(verdicts.filter(({ holds }) => !holds)),
  }
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

function judgementOf(verdicts: readonly Verdict[]): Judgement {
  const counts = Object.assign({}, ...verdicts.map((one) => one.counts)) as Record<string, number>
  return { holds: verdicts.every((one) => one.holds), verdicts, counts }
}

const byNumber = (a: string, b: string): number => Number(a.slice(1)) - Number(b.slice(1))
