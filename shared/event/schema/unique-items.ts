import type { FuncKeywordDefinition } from 'ajv'
import { elementUnits, type Work } from './work.ts'

/** `uniqueItems` in linear time: ajv compares each pair, which are 50 million for the largest array of an event. */
export function uniqueItems(work: Work): FuncKeywordDefinition {
  return {
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must not have the same item twice' },
    validate: (isAsked: boolean, items: readonly unknown[]) => !isAsked || areUnique(items, work),
  }
}

function areUnique(items: readonly unknown[], work: Work): boolean {
  const texts = new Set<string>()
  for (const item of items) {
    const text = canonical(item, work)
    if (texts.has(text)) return false
    texts.add(text)
  }
  return true
}

/** Equal values have equal texts: members in the order of their names. */
function canonical(value: unknown, work: Work): string {
  work.spend(elementUnits)
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, work)).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const names = Object.keys(value).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(Reflect.get(value, name), work)}`).join()}}`
}
