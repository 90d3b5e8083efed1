import {
  acknowledgedSequences,
  deadLettersOf,
  type Facts,
  type Publication,
  receiptsOf,
  type Scope,
  succeeded,
} from './facts.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

/**
 * I1: every acknowledged event was delivered or dead-lettered. Each miss is named with its place among the events of its
 * key (`prefix`: nothing before it arrived, `postfix`: nothing after it, `middle`) and with what the log says: an event
 * that was appended was lost in delivery, one that never was, at the door.
 */
export function checkNoLoss(facts: Facts, scope: Scope): Verdict {
  const receipts = receiptsOf(facts, scope)
  const deadLetters = deadLettersOf(facts, scope)
  const arrived = (id: string) => deadLetters.has(id) || receipts.get(id)?.some(succeeded) === true
  const sequences = acknowledgedSequences(facts, scope.stream)
  const offences = sequences.flatMap((sequence) => missesOf(sequence, arrived, facts))
  const acknowledged = sequences.reduce((sum, sequence) => sum + sequence.length, 0)
  return verdict({
    invariant: 'I1',
    claim: 'no acknowledged event is lost',
    offences,
    judged: acknowledged,
    counts: { acknowledged, lost: offences.length },
  })
}

function missesOf(sequence: readonly Publication[], arrived: (id: string) => boolean, facts: Facts): Offence[] {
  const here = sequence.map((publication) => arrived(publication.id))
  const first = here.indexOf(true)
  const last = here.lastIndexOf(true)
  return sequence.flatMap(({ id }, index) => {
    if (here[index] === true) return []
    const place = first === -1 || index > last ? 'postfix' : index < first ? 'prefix' : 'middle'
    return [{ id, what: `${place} of its key; ${whereLost(id, facts)}` }]
  })
}

function whereLost(id: string, { log }: Facts): string {
  if (log === null) return 'the log was not read'
  const record = log.get(id)?.[0]
  if (record === undefined) return 'never appended: lost at the door'
  return `appended at ${record.topic}/${record.partition}/${record.offset}: lost in delivery`
}
