import type { Attributes, Content } from '../history.ts'
import { deadLettersOf, type Facts, receiptsOf, type Scope } from './facts.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

/** What the service fills in when the publisher left it out. The data's own type travels as the content type. */
const defaulted = new Set(['id', 'source', 'time', 'datacontenttype'])

/** I3: body, content type and attributes are the published ones, at the receiver, in dead letters and in the log. */
export function checkBytes(facts: Facts, scope: Scope): Verdict {
  const places = [
    { where: 'at the receiver', seen: receiptsOf(facts, scope) },
    { where: 'in the dead letter', seen: deadLettersOf(facts, scope) },
    { where: 'in the log', seen: facts.log ?? new Map<string, readonly Content[]>() },
  ]
  const offences: Offence[] = []
  for (const { where, seen } of places) {
    for (const [id, contents] of seen) {
      const published = facts.publications.get(id)
      if (published === undefined) continue
      const wrong = contents.flatMap((content) => differences(published, content)).at(0)
      if (wrong !== undefined) offences.push({ id, what: `${wrong} ${where}` })
    }
  }
  const unverified = unverifiedReceipts(facts, scope)
  const judged = places.reduce((sum, { seen }) => sum + seen.size, 0)
  return verdict({
    invariant: 'I3',
    claim: 'bytes in are bytes out',
    offences: [...offences, ...unverified],
    judged,
    counts: { altered: offences.length, unverified: unverified.length },
  })
}

function differences(published: Content, seen: Content): string[] {
  const wrong = attributeDifferences(published.attributes, seen.attributes)
  if (seen.sha256 !== published.sha256) wrong.unshift('other body')
  if (seen.contentType !== published.contentType) {
    wrong.push(`content type ${seen.contentType} for ${published.contentType}`)
  }
  return wrong
}

function attributeDifferences(published: Attributes, seen: Attributes): string[] {
  const changed = Object.entries(published)
    .filter(([name, value]) => seen[name] !== value)
    .map(([name, value]) => `attribute ${name} is ${seen[name]} for ${value}`)
  const added = Object.keys(seen)
    .filter((name) => published[name] === undefined && !defaulted.has(name))
    .map((name) => `attribute ${name} was added`)
  return [...changed, ...added]
}

function unverifiedReceipts(facts: Facts, scope: Scope): Offence[] {
  return [...receiptsOf(facts, scope)].flatMap(([id, receipts]) =>
    receipts.some((receipt) => receipt.verified === false) ? [{ id, what: 'the signature does not verify' }] : [],
  )
}
