import { nearest } from '#shared/config.ts'
import type { FieldFault } from '#shared/errors.ts'
import { pointerTo } from '../envelope.ts'
import { formatNames } from './formats.ts'
import { isSchemaObject, type JsonSchema, keywords } from './keywords.ts'
import { patternFault } from './pattern.ts'
import { type Subschema, subschemas } from './walk.ts'

const dialect = 'https://json-schema.org/draft/2020-12/schema'
const largestBytes = 65_536
const deepest = 32
/** Compiling takes a third of a millisecond for each, and no event is taken in meanwhile. */
const mostSubschemas = 500

/** What cannot be used in a schema, beside what the meta-schema says about it. The pointers begin at the schema itself. */
export function ruleFaults(schema: JsonSchema): FieldFault[] {
  const size = Buffer.byteLength(JSON.stringify(schema))
  if (size > largestBytes) {
    return [tooMuch('', 'too-large', `the schema has ${size} bytes, at most ${largestBytes} are allowed`)]
  }
  const faults: FieldFault[] = []
  let count = 0
  for (const subschema of subschemas(schema, deepest)) {
    count += 1
    if (subschema.depth > deepest) {
      return [tooMuch(subschema.pointer, 'too-deep', `schemas are nested deeper than ${deepest}`)]
    }
    if (count > mostSubschemas) return [tooMuch('', 'too-many', `there are more than ${mostSubschemas} subschemas`)]
    faults.push(...faultsOf(subschema))
  }
  return faults
}

/** How many subschemas a schema has that keeps the rules: what checking one value costs. */
export function countSubschemas(schema: JsonSchema): number {
  return [...subschemas(schema, deepest)].length
}

/** Where a schema refers to `reference`, which ajv names together with the id of the schema. */
export function pointerOfReference(schema: JsonSchema, reference: string): string {
  for (const {
    pointer,
    schema: { $ref },
  } of subschemas(schema, deepest)) {
    if (typeof $ref === 'string' && reference.endsWith($ref)) return `${pointer}/$ref`
  }
  return ''
}

const tooMuch = (pointer: string, code: string, detail: string): FieldFault => {
  return { pointer, code, detail, fix: 'say less, or put what repeats into $defs' }
}

function faultsOf({ pointer, schema, depth }: Subschema): FieldFault[] {
  const at = (place: string) => `${pointer}${pointerTo(place)}`
  return Object.entries(schema).flatMap(([keyword, value]): FieldFault[] => {
    const fault = keywords.has(keyword) ? ruleOf(keyword, depth)?.(value) : unknownKeyword(keyword)
    return fault === undefined ? [] : [{ pointer: `${at(shown(keyword))}${fault.below ?? ''}`, ...withoutBelow(fault) }]
  })
}

type Finding = { code: string; detail: string; fix?: string; below?: string }
type Rule = (value: unknown) => Finding | undefined

const withoutBelow = ({ below: _, ...fault }: Finding) => fault
const shown = (text: string) => (text.length > 64 ? `${text.slice(0, 64)}…` : text)

function unknownKeyword(keyword: string): Finding {
  const fix = `did you mean ${nearest(shown(keyword), [...keywords.keys()])}?`
  return { code: 'unknown-keyword', detail: `${shown(keyword)} is no keyword that is supported here`, fix }
}

function ruleOf(keyword: string, depth: number): Rule | undefined {
  if (keyword === '$id') return depth === 0 ? undefined : () => nestedId
  return rules.get(keyword)
}

const nestedId: Finding = {
  code: 'not-supported',
  detail: 'only the whole schema may have an $id',
  fix: 'use $anchor, or refer to it as #/$defs/…',
}

const rules: ReadonlyMap<string, Rule> = new Map([
  ['$schema', dialectFinding],
  ['$ref', referenceFinding],
  ['pattern', patternFinding],
  ['format', formatFinding],
  ['patternProperties', patternNamesFinding],
])

function dialectFinding(value: unknown): Finding | undefined {
  if (value === dialect || value === `${dialect}#`) return undefined
  return { code: 'not-supported', detail: 'only draft 2020-12 is supported', fix: `write ${dialect}, or leave it out` }
}

function referenceFinding(value: unknown): Finding | undefined {
  if (typeof value !== 'string' || value.startsWith('#')) return undefined
  const fix = 'copy what it refers to into $defs and refer to #/$defs/…'
  return { code: 'remote-reference', detail: 'a reference stays inside its schema: nothing is fetched', fix }
}

function patternFinding(value: unknown): Finding | undefined {
  const fault = typeof value === 'string' ? patternFault(value) : undefined
  if (fault === undefined) return undefined
  const fix = 'use the syntax of RE2: no look-around, no back-reference, {n} up to 1000; maxLength bounds lengths'
  return { code: 'pattern-unsupported', detail: shown(fault), fix }
}

function patternNamesFinding(value: unknown): Finding | undefined {
  if (!isSchemaObject(value)) return undefined
  for (const name of Object.keys(value)) {
    const finding = patternFinding(name)
    if (finding !== undefined) return { ...finding, below: pointerTo(shown(name)) }
  }
  return undefined
}

function formatFinding(value: unknown): Finding | undefined {
  if (typeof value !== 'string' || (formatNames as readonly string[]).includes(value)) return undefined
  const fix = `one of ${formatNames.join(', ')}`
  return { code: 'format-unknown', detail: 'there is no such format', fix }
}
