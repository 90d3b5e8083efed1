import type { ErrorObject } from 'ajv'
import { _, Ajv2020, type Code, type KeywordCxt, type ValidateFunction } from 'ajv/dist/2020.js'
import { equalityKeywords } from './equality.ts'
import { addFormats } from './formats.ts'
import type { JsonSchema } from './keywords.ts'
import { compilePattern } from './pattern.ts'
import { branchUnits, createWork, unitsOfCheck, unitsOfReport, type Work } from './work.ts'

export type Validation =
  | { kind: 'valid' }
  | { kind: 'invalid'; errors: readonly ErrorObject[] }
  | { kind: 'too-costly' }

/** Checks one value; its work is bounded. */
export type Validator = (value: unknown) => Validation

/**
 * A schema as a function. `first` ends at the first violation, which bounds the number of errors; `every` goes on. Throws
 * what ajv says when it cannot be compiled. ajv generates code: it quotes whatever comes from the schema, and no text of
 * the schema is put into code here.
 */
export function compileValidator(schema: JsonSchema, end: 'first' | 'every'): Validator {
  const work = createWork(end === 'first' ? unitsOfCheck : unitsOfReport)
  // An instance of its own: a shared one would keep every schema it ever saw, and their ids would clash.
  const isValid = validatorFor(work, end).compile(schema)
  return (value) => {
    work.begin()
    try {
      return isValid(value) ? { kind: 'valid' } : { kind: 'invalid', errors: isValid.errors ?? [] }
    } catch (error) {
      if (work.isSpent() || error instanceof RangeError) return { kind: 'too-costly' }
      throw error
    }
  }
}

let metaSchema: ValidateFunction | undefined

/** What the meta-schema of draft 2020-12 says about a schema. */
export function metaSchemaErrors(schema: JsonSchema): readonly ErrorObject[] {
  metaSchema ??= formatted(new Ajv2020({ allErrors: true, strict: false, logger: false })).getSchema(metaSchemaId)
  return metaSchema === undefined || metaSchema(schema) ? [] : (metaSchema.errors ?? [])
}

const metaSchemaId = 'https://json-schema.org/draft/2020-12/schema'

function formatted(ajv: Ajv2020): Ajv2020 {
  addFormats(ajv)
  return ajv
}

function validatorFor(work: Work, end: 'first' | 'every'): Ajv2020 {
  const ajv = formatted(
    new Ajv2020({
      ...{ meta: false, validateSchema: false, logger: false, allErrors: end === 'every' },
      ...{
        strict: true,
        strictTypes: false,
        strictTuples: false,
        strictRequired: false,
        allowMatchingProperties: true,
      },
      // What every object inherits is no member of the data.
      ownProperties: true,
      // 19.99 is a multiple of 0.01.
      multipleOfPrecision: 9,
      // Every reference becomes a call, which is counted.
      inlineRefs: false,
      // The optimizer of ajv is quadratic: 2.4 s for 1,600 members, 0.15 s without.
      code: { optimize: false, regExp: engineOf(work) },
    }),
  )
  // A reference may lead into data of the schema, which nobody has looked at.
  for (const keyword of ['$dynamicRef', '$dynamicAnchor', '$recursiveRef', '$recursiveAnchor'])
    ajv.removeKeyword(keyword)
  for (const definition of equalityKeywords(work)) ajv.removeKeyword(String(definition.keyword)).addKeyword(definition)
  ajv.addKeyword('$anchor')
  countBranches(ajv, work)
  return ajv
}

const engineOf = (work: Work) =>
  Object.assign((source: string) => compilePattern(source, work), { code: 'compilePattern' })

/**
 * What brings the same data before more than one schema: with references and alternatives in alternatives the work doubles
 * with each level, and each alternative that does not hold leaves an error behind.
 */
const branching = ['$ref', 'allOf', 'anyOf', 'oneOf', 'contains'] as const

/** Lets each of these keywords spend before its work, for as many branches as it has. The generated code stays ajv's. */
function countBranches(ajv: Ajv2020, { spend }: Work): void {
  for (const keyword of branching) {
    const definition = ajv.getKeyword(keyword)
    if (typeof definition !== 'object' || !('code' in definition)) throw new Error(`ajv has no code for ${keyword}`)
    const { code } = definition
    definition.code = (context, ruleType) => {
      const counted = context.gen.scopeValue('func', { ref: spend })
      context.gen.code(_`${counted}(${branchUnits} * ${branchesOf(context)})`)
      code(context, ruleType)
    }
  }
}

function branchesOf({ keyword, schema, data }: KeywordCxt): Code | number {
  if (keyword === 'contains') return _`${data}.length`
  return Array.isArray(schema) ? schema.length : 1
}
