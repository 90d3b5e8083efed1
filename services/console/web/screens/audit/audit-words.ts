import type { AuditEntry } from '../../api/shapes.ts'

/** Members that are shown in a column of their own, in the order they are looked for. */
const whoMembers = ['actor', 'by', 'key', 'createdBy']
const didMembers = ['action', 'operation', 'kind']
const whatMembers = ['subject', 'resource', 'target', 'name']

/** A line of the audit: who did what to what; whatever else it says stands behind it. */
export function wordsOfEntry(entry: AuditEntry): { who: string; did: string; what: string; details: string } {
  const told = new Set(['id', 'at'])
  const take = (members: readonly string[]) => {
    const member = members.find((name) => entry[name] !== undefined && entry[name] !== null)
    if (member === undefined) return '–'
    told.add(member)
    return textOf(entry[member])
  }
  const words = { who: take(whoMembers), did: take(didMembers), what: take(whatMembers) }
  const rest = Object.entries(entry).filter(([name, value]) => !told.has(name) && value !== null)
  return { ...words, details: rest.map(([name, value]) => `${name}: ${textOf(value)}`).join(', ') }
}

function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const { name, id } = value as { name?: unknown; id?: unknown }
  return String(name ?? id ?? JSON.stringify(value))
}
