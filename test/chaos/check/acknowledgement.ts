import { clockErrorNs } from './coverage.ts'
import type { Facts, FaultSpan } from './facts.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

type Minority = { fault: string; fromNs: number; toNs: number }

/**
 * I12: while two of the three brokers are away, no request is acknowledged whose event was not stored before, and each gets
 * an answer: a 503, or, of a repeated one, the 409 that says that the first one's fate is not known yet. Judged from the fault to the moment in which its victims were let go, of requests that began and ended
 * between the two.
 */
export function checkAcknowledgement(facts: Facts): Verdict {
  const spans = facts.faults.flatMap(minorityOf)
  const offences: Offence[] = []
  let judged = 0
  for (const { id, sentNs, ns, outcome, status, code } of spans.length === 0 ? [] : facts.requests) {
    const span = spans.find(({ fromNs, toNs }) => sentNs > fromNs && ns < toNs)
    if (span === undefined || wasStored(facts, id, span)) continue
    judged += 1
    const afterMs = Math.round((ns - span.fromNs) / 1e6)
    if (outcome === 'acknowledged') offences.push({ id, what: `acknowledged ${afterMs} ms after ${span.fault}` })
    else if (status !== 503 && code !== 'idempotency-in-progress')
      offences.push({ id, what: `answered ${status ?? 'nothing'} after ${span.fault}, not 503` })
  }
  return verdict({
    invariant: 'I12',
    claim: 'an acknowledgement means two brokers of three',
    offences,
    judged,
    counts: { requestsToAMinority: judged, falselyAcknowledged: offences.length },
  })
}

function minorityOf({ fault, victim, ns, undoneNs }: FaultSpan): Minority[] {
  const brokers = new Set(victim.match(/\bkafka-\d+\b/g) ?? [])
  return brokers.size < 2 || undoneNs === undefined ? [] : [{ fault, fromNs: ns, toNs: undoneNs }]
}

const wasStored = ({ log }: Facts, id: string, { fromNs }: Minority): boolean =>
  log?.get(id)?.some(({ ns }) => ns <= fromNs + clockErrorNs) === true
