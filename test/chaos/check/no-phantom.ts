import { deadLettersOf, type Facts, receiptsOf, type Scope } from './facts.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

/** I2: nothing reaches a receiver, the dead letters or the log that was never published, or was refused at the door. */
export function checkNoPhantom(facts: Facts, scope: Scope): Verdict {
  const places = [
    { where: 'delivered', ids: receiptsOf(facts, scope) },
    { where: 'dead-lettered', ids: deadLettersOf(facts, scope) },
    { where: 'in the log', ids: facts.log ?? new Map<string, unknown>() },
  ]
  const offences = places.flatMap(({ where, ids }) => [...ids.keys()].flatMap((id) => phantom(id, where, facts, scope)))
  return verdict({
    invariant: 'I2',
    claim: 'nothing appears that was not published',
    offences,
    judged: places.reduce((sum, { ids }) => sum + ids.size, 0),
    counts: { phantom: offences.length },
  })
}

function phantom(id: string, where: string, facts: Facts, scope: Scope): Offence[] {
  const publication = facts.publications.get(id)
  if (publication === undefined) return [{ id, what: `${where}, but nobody published it` }]
  if (publication.stream !== scope.stream) return [{ id, what: `${where}, but published to ${publication.stream}` }]
  if (publication.outcome === 'refused') return [{ id, what: `${where}, but refused with ${publication.status}` }]
  return []
}
