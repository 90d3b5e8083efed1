import type { FuncKeywordDefinition } from 'ajv'
import { elementUnits, type Work } from './work.ts'

type Spend = Work['spend']

/**
 * The keywords that compare values. Those of ajv call what the data names `valueOf` or `toString`, so that an event with
 * such a member ends in an error of ours, and its `uniqueItems` compares each pair: 50 million for the largest array.
 */
export function equalityKeywords({ spend }: Work): FuncKeywordDefinition[] {
  return [
    {
      keyword: 'uniqueItems',
      type: 'array',
      schemaType: 'boolean',
      error: { message: 'must not have the same item twice' },
      validate: (isAsked: boolean, items: readonly unknown[]) => !isAsked || areUnique(items, spend),
    },
    {
      keyword: 'const',
      error: { message: 'must be equal to constant' },
      compile: (expected: unknown) => isOneOf([expected], spend),
    },
    {
      keyword: 'enum',
      schemaType: 'array',
      error: { message: 'must be equal to one of the allowed values' },
      compile: (allowed: readonly unknown[]) => isOneOf(allowed, spend),
    },
  ]
}

function areUnique(items: readonly unknown[], spend: Spend): boolean {
  const texts = new Set<string>()
  for (const item of items) {
    const text = canonical(item, spend)
    if (texts.has(text)) return false
    texts.add(text)
  }
  return true
}

function isOneOf(allowed: readonly unknown[], spend: Spend): (value: unknown) => boolean {
  const scalars = new Set(allowed.filter(isScalar))
  const texts = new Set(allowed.filter((value) => !isScalar(value)).map((value) => canonical(value, () => {})))
  return (value) => (isScalar(value) ? scalars.has(value) : texts.size > 0 && texts.has(canonical(value, spend)))
}

/** Equal values have equal texts: members in the order of their names. */
function canonical(value: unknown, spend: Spend): string {
  spend(elementUnits)
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, spend)).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const names = Object.keys(value).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(Reflect.get(value, name), spend)}`).join()}}`
}

const isScalar = (value: unknown) => typeof value !== 'object' || value === null
