import type { DeadLetterLine } from '../history.ts'
import { clockErrorNs } from './coverage.ts'
import { type Facts, receiptsOf, type Scope, succeeded } from './facts.ts'

/** More events of one key than this may not wait: its head is given up. */
const maxWaitingPerKey = 10_000
const defaultGiveUpMs = 86_400_000

/** The answers of a receiver to the events of one key, in order of time; `isSuccess` only for the first success of an event. */
type KeyAnswers = ReadonlyMap<string, readonly { ns: number; isSuccess: boolean }[]>

/** Whether dead letters with the causes `exhausted` and `key-backlog` were due; undefined when all is well. */
export function createGiveUpCheck(facts: Facts, scope: Scope): (letter: DeadLetterLine) => string | undefined {
  const byKey = answersByKey(facts, scope)
  return (letter) => {
    const { tailrace_cause: cause } = letter.headers
    if (cause === 'exhausted') return tooEarly(facts, scope, { letter, byKey })
    return cause === 'key-backlog' ? tooFew(facts, letter) : undefined
  }
}

/**
 * A follower inherits the clock of the head it waited behind, so the clock is the first failure of the key since its last
 * success; a successor that reads the retry topic after a crash does not hear of that success.
 */
function tooEarly(facts: Facts, scope: Scope, { letter, byKey }: { letter: DeadLetterLine; byKey: KeyAnswers }) {
  const { giveUpAfterMs = defaultGiveUpMs } = scope
  let sinceNs = letter.ns
  for (const { ns, isSuccess } of byKey.get(keyOf(facts, letter.id))?.toReversed() ?? []) {
    if (ns > letter.ns + clockErrorNs) continue
    if (isSuccess && facts.faults.length === 0) break
    if (!isSuccess) sinceNs = ns
  }
  const waitedMs = (letter.ns - sinceNs) / 1e6
  if (waitedMs >= giveUpAfterMs - clockErrorNs / 1e6) return undefined
  return `exhausted ${Math.round(waitedMs)} ms after the first failure of its key, before ${giveUpAfterMs} ms`
}

function tooFew(facts: Facts, { id, ns }: DeadLetterLine): string | undefined {
  const head = facts.publications.get(id)
  if (head === undefined) return undefined
  const waiting = [...facts.publications.values()].filter(
    ({ key, publisher, seq, sentNs }) =>
      key === head.key && publisher === head.publisher && seq >= head.seq && sentNs <= ns,
  )
  if (waiting.length > maxWaitingPerKey) return undefined
  return `given up for the backlog of its key, in which ${waiting.length} events waited`
}

function answersByKey(facts: Facts, scope: Scope): KeyAnswers {
  const byKey = new Map<string, { ns: number; isSuccess: boolean }[]>()
  for (const [id, receipts] of receiptsOf(facts, scope)) {
    const answers = byKey.get(keyOf(facts, id)) ?? []
    byKey.set(keyOf(facts, id), answers)
    const firstSuccessNs = Math.min(...receipts.filter(succeeded).map(({ ns }) => ns))
    for (const receipt of receipts) {
      if (!succeeded(receipt)) answers.push({ ns: receipt.ns, isSuccess: false })
      else if (receipt.ns === firstSuccessNs) answers.push({ ns: receipt.ns, isSuccess: true })
    }
  }
  for (const answers of byKey.values()) answers.sort((a, b) => a.ns - b.ns)
  return byKey
}

const keyOf = (facts: Facts, id: string): string => facts.publications.get(id)?.key ?? ''
