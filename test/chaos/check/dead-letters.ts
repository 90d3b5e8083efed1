import type { DeadLetterLine, ReceiveLine } from '../history.ts'
import { deadLettersOf, type Facts, receiptsOf, type Scope, succeeded } from './facts.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

const required = [
  'tailrace_source',
  'tailrace_subscription',
  'tailrace_cause',
  'tailrace_code',
  'tailrace_attempts',
  'tailrace_first_attempt',
  'tailrace_last_attempt',
]

/** I7, its basics: a dead letter exists once, says why, follows a refusal if it claims one, and was not delivered as well. */
export function checkDeadLetters(facts: Facts, scope: Scope): Verdict {
  const receipts = receiptsOf(facts, scope)
  const deadLetters = deadLettersOf(facts, scope)
  const offences = [...deadLetters].flatMap(([id, lines]) =>
    wrongs(lines, receipts.get(id) ?? []).map((what): Offence => ({ id, what })),
  )
  return verdict({
    invariant: 'I7',
    claim: 'dead letters are complete and honest',
    offences,
    counts: { deadLettered: deadLetters.size },
  })
}

function wrongs(lines: readonly DeadLetterLine[], receipts: readonly ReceiveLine[]): string[] {
  const missing = required.filter((name) => lines.some((line) => (line.headers[name] ?? '') === ''))
  return [
    ...(lines.length > 1 ? [`dead-lettered ${lines.length} times`] : []),
    ...missing.map((name) => `no ${name}`),
    ...(refusedBy(lines) && receipts.every(succeeded) ? ['called refused, but its receiver never refused it'] : []),
    ...(receipts.some(succeeded) ? ['dead-lettered and delivered'] : []),
  ]
}

const refusedBy = (lines: readonly DeadLetterLine[]): boolean =>
  lines.some((line) => line.headers.tailrace_cause === 'refused')
