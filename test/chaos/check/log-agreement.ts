import type { LogLine } from '../history.ts'
import type { Facts, Reread } from './facts.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

type Row = ReadonlyMap<number, LogLine>

/**
 * I6: a place in the log has one value, whoever reads it and whenever. What a second reader saw while the run lasted is still
 * there at its end and is the same, and nothing has come in between. And an event is stored once, and once more at most for
 * each request for it whose outcome its publisher never learned: a refusal promises that nothing was stored.
 */
export function checkLogAgreement(facts: Facts): Verdict {
  const rows = rowsOf(facts)
  const disagreements = [...facts.rereads].flatMap(([partition, seen]) =>
    disagreementsOf(partition, rows.get(partition) ?? new Map(), seen),
  )
  const compared = facts.log === null ? 0 : [...facts.rereads.values()].reduce((sum, { size }) => sum + size, 0)
  const surplus = surplusOf(facts)
  return verdict({
    invariant: 'I6',
    claim: 'all readers see one log, and each event in it once for each time that it may have been stored',
    offences: [...(facts.log === null ? [] : disagreements), ...surplus],
    judged: facts.log === null ? 0 : facts.log.size,
    counts: { comparedPlaces: compared, disagreements: disagreements.length, storedTooOften: surplus.length },
  })
}

function rowsOf({ log }: Facts): Map<number, Map<number, LogLine>> {
  const rows = new Map<number, Map<number, LogLine>>()
  for (const lines of log?.values() ?? []) {
    for (const line of lines) {
      const row = rows.get(line.partition) ?? new Map<number, LogLine>()
      rows.set(line.partition, row)
      row.set(line.offset, line)
    }
  }
  return rows
}

function disagreementsOf(partition: number, row: Row, seen: ReadonlyMap<number, Reread>): Offence[] {
  let last = -1
  const offences: Offence[] = []
  for (const [offset, { topic, id, sha256 }] of seen) {
    last = Math.max(last, offset)
    const now = row.get(offset)
    const place = `${topic}/${partition}/${offset}`
    if (now === undefined) offences.push({ id, what: `was seen at ${place}, where nothing is in the end` })
    else if (now.id !== id) offences.push({ id, what: `was seen at ${place}, where ${now.id} is in the end` })
    else if (now.sha256 !== sha256) offences.push({ id, what: `has another body at ${place} in the end` })
  }
  for (const [offset, { topic, id }] of row) {
    if (offset < last && !seen.has(offset)) {
      offences.push({ id, what: `is at ${topic}/${partition}/${offset} in the end, which was read past without it` })
    }
  }
  return offences
}

/** Records beyond the one that was acknowledged and those of requests whose outcome is unknown. */
function surplusOf({ log, requests }: Facts): Offence[] {
  const twice = new Map([...(log ?? [])].filter(([, lines]) => lines.length > 1))
  const may = new Map<string, { unknown: number; acknowledged: number }>()
  for (const { id, outcome } of requests) {
    if (!twice.has(id)) continue
    const known = may.get(id) ?? { unknown: 0, acknowledged: 0 }
    may.set(id, known)
    if (outcome === 'unknown') known.unknown += 1
    else if (outcome === 'acknowledged') known.acknowledged = 1
  }
  return [...twice].flatMap(([id, lines]) => {
    const { unknown, acknowledged } = may.get(id) ?? { unknown: 0, acknowledged: 0 }
    const most = unknown + acknowledged
    const what = `stands ${lines.length} times in the log: ${unknown} of its requests have no known outcome`
    return lines.length > most ? [{ id, what }] : []
  })
}
