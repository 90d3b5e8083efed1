import { type Facts, receiptsOf, type Scope, succeeded } from './facts.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

/**
 * I5: no more repeated deliveries than the faults of the run allow (0 without a fault and after a clean stop), and no
 * event twice in the log unless its publisher had to repeat a request.
 */
export function checkDuplicates(facts: Facts, scope: Scope, allowed: number): Verdict {
  const delivered = [...receiptsOf(facts, scope)].flatMap(([id, receipts]) => {
    const successes = receipts.filter(succeeded).length
    return successes > 1 ? [{ id, extra: successes - 1, what: `delivered ${successes} times` }] : []
  })
  const repeated = delivered.reduce((sum, { extra }) => sum + extra, 0)
  const appended = appendedTwice(facts)
  return verdict({
    invariant: 'I5',
    claim: `at most ${allowed} repeated deliveries, no event twice in the log`,
    offences: [...(repeated > allowed ? delivered.map(({ id, what }) => ({ id, what })) : []), ...appended],
    counts: { duplicates: repeated, appendedTwice: appended.length },
  })
}

function appendedTwice({ log, requests }: Facts): Offence[] {
  const asked = new Map<string, number>()
  for (const { id } of requests) asked.set(id, (asked.get(id) ?? 0) + 1)
  return [...(log ?? [])].flatMap(([id, lines]) =>
    lines.length > (asked.get(id) ?? 1) ? [{ id, what: `${lines.length} times in the log` }] : [],
  )
}
