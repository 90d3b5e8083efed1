import type { DeadLetterLine, ReceiveLine } from '../history.ts'
import { clockErrorNs } from './coverage.ts'
import { deadLettersOf, type Facts, receiptsOf, type Scope, succeeded } from './facts.ts'
import { createGiveUpCheck } from './give-up.ts'
import { type Verdict, verdict } from './verdict.ts'

const required = [
  'tailrace_source',
  'tailrace_subscription',
  'tailrace_cause',
  'tailrace_code',
  'tailrace_attempts',
  'tailrace_first_attempt',
  'tailrace_last_attempt',
]
const defaultTimeoutMs = 15_000

/** What is known of one dead-lettered event. A crash between dead letter and commit may repeat both attempt and letter. */
type Case = { letters: readonly DeadLetterLine[]; receipts: readonly ReceiveLine[]; faults: number; timeoutMs: number }

/**
 * I7: a dead letter exists once, says why and how often and when it was tried, was due (a refusal by its receiver, its
 * time over, or its key's backlog full), and its event was not delivered as well. Its bytes are I3's matter, a failure
 * without dead letter I1's.
 */
export function checkDeadLetters(facts: Facts, scope: Scope): Verdict {
  const receipts = receiptsOf(facts, scope)
  const deadLetters = deadLettersOf(facts, scope)
  const giveUpFault = createGiveUpCheck(facts, scope)
  const { timeoutMs = defaultTimeoutMs } = scope
  const offences = [...deadLetters].flatMap(([id, letters]) => {
    const known = { letters, receipts: receipts.get(id) ?? [], faults: facts.faults.length, timeoutMs }
    return [...wrongs(known), ...letters.flatMap((one) => giveUpFault(one) ?? [])].map((what) => ({ id, what }))
  })
  return verdict({
    invariant: 'I7',
    claim: 'dead letters are complete and honest',
    offences,
    judged: deadLetters.size,
    counts: { deadLettered: deadLetters.size },
  })
}

function wrongs(known: Case): string[] {
  const { letters, receipts, faults, timeoutMs } = known
  const missing = required.filter((name) => letters.some(({ headers }) => (headers[name] ?? '') === ''))
  const wasDelivered = receipts.some((one) => succeeded(one) && !mayFollow(one, known))
  return [
    ...(isRepeated(letters, faults) ? [`dead-lettered ${letters.length} times`] : []),
    ...missing.map((name) => `no ${name}`),
    ...(missing.length === 0 ? letters.flatMap((letter) => dishonesties(letter, receipts, faults)) : []),
    ...(wasDelivered ? [`dead-lettered and delivered, within ${timeoutMs} ms`] : []),
  ]
}

/** One letter per delivery, and one more for each fault that may have come before its commit. */
function isRepeated(letters: readonly DeadLetterLine[], faults: number): boolean {
  const bySource = Map.groupBy(letters, ({ headers }) => headers.tailrace_source)
  return [...bySource.values()].some((some) => some.length > 1 + faults)
}

/** A success that came too late to count, or that another owner got who did not know of the dead letter yet. */
function mayFollow({ ns, arrivedNs }: ReceiveLine, { letters, faults, timeoutMs }: Case): boolean {
  if (ns - arrivedNs >= timeoutMs * 1e6) return true
  return faults > 0 && letters.some((letter) => arrivedNs > letter.ns - clockErrorNs)
}

function dishonesties({ headers, ns }: DeadLetterLine, receipts: readonly ReceiveLine[], faults: number): string[] {
  const { tailrace_cause: cause, tailrace_code: code, tailrace_attempts: attempts } = headers
  const [first, last] = [headers.tailrace_first_attempt, headers.tailrace_last_attempt].map((at = '') => Date.parse(at))
  const before = receipts.filter((one) => one.arrivedNs <= ns + clockErrorNs)
  const refusals = before.filter(({ status }) => `status-${status}` === code)
  const isRefusal = cause === 'refused' || cause === 'asked'
  const fewest = faults > 0 ? Math.min(1, before.length) : before.length
  return [
    ...(isRefusal && refusals.length === 0 ? [`called ${cause}, but its receiver never answered ${code}`] : []),
    ...(Number(attempts) >= fewest ? [] : [`${attempts} attempts, but its receiver saw ${before.length}`]),
    ...(Number(first) <= Number(last) ? [] : ['its first and last attempt are no times in order']),
  ]
}
