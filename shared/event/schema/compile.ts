import type { ErrorObject } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type FieldFault, messageOf } from '#shared/errors.ts'
import type { EventRecord } from '../record.ts'
import { eventData } from './event-data.ts'
import { isSchemaObject, type JsonSchema } from './keywords.ts'
import { countSubschemas, pointerOfReference, ruleFaults } from './rules.ts'
import { compileValidator, metaSchemaErrors, type Validation, type Validator } from './validator.ts'
import { violationsOf } from './violations.ts'

/** Says what is wrong with the data of an event, at most 20 faults; none when it is as the schema wants it. */
export type EventCheck = (record: EventRecord) => readonly FieldFault[]

/** A schema that can be used, or why it cannot; the pointers of the faults begin at the schema itself. */
export type CompiledSchema = { kind: 'usable'; check: EventCheck } | { kind: 'unusable'; faults: readonly FieldFault[] }

/** Compiles the schema of a stream: JSON Schema draft 2020-12 with the restrictions of `rules.ts`. Takes milliseconds; never throws. */
export function compileSchema(schema: unknown): CompiledSchema {
  if (!isSchemaObject(schema)) return unusable([notAnObject])
  try {
    const faults = ruleFaults(schema)
    return faults.length > 0 ? unusable(faults) : compiled(schema)
  } catch (error) {
    return unusable([error instanceof RangeError ? endless : notCompilable(error, schema)])
  }
}

function compiled(schema: JsonSchema): CompiledSchema {
  const invalid = violationsOf(metaSchemaErrors(schema), '')
  if (invalid.length > 0) return unusable(invalid)
  const validators = { first: compileValidator(schema, 'first'), every: compileValidator(schema, 'every') }
  return samples.some((value) => validators.first(value).kind === 'too-costly')
    ? unusable([endless])
    : { kind: 'usable', check: checkWith(validators, countSubschemas(schema)) }
}

function notCompilable(error: unknown, schema: JsonSchema): FieldFault {
  const detail = messageOf(error).slice(0, longestDetail)
  if (!(error instanceof Ajv2020.MissingRefError)) return { pointer: '', code: 'not-compilable', detail }
  const pointer = pointerOfReference(schema, error.missingRef)
  return { pointer, code: 'reference-unknown', detail: 'it refers to nothing', fix: 'refer to #/$defs/…' }
}

const mostListed = 20
const longestDetail = 300

const unusable = (faults: readonly FieldFault[]): CompiledSchema => ({
  kind: 'unusable',
  faults: faults.slice(0, mostListed),
})

const notAnObject: FieldFault = {
  ...{ pointer: '', code: 'not-an-object', detail: 'a schema is a JSON object' },
  fix: 'send a JSON Schema (draft 2020-12), or null for none',
}

/** One of each type: a schema that refers to itself without going into its data does not end with one of them. */
const samples: readonly unknown[] = [null, true, 0, '', [], {}]

const endless: FieldFault = {
  ...{ pointer: '', code: 'endless', detail: 'checking an empty value takes too long or does not end' },
  fix: 'let a schema refer to itself only below a member or an item',
}

/**
 * Events are checked up to their first violation. Only where that is cheap they are checked again for all of them: an
 * event of 10,000 members could else make millions of errors.
 */
function checkWith({ first, every }: Record<'first' | 'every', Validator>, subschemaCount: number): EventCheck {
  return (record) => {
    const data = eventData(record)
    if (data.kind === 'none') return [data.fault]
    const found = first(data.value)
    if (found.kind === 'valid') return []
    if (found.kind === 'too-costly') return [{ pointer: data.pointer, ...tooCostly }]
    const isCheap = data.bytes * subschemaCount <= cheapUnits
    return violationsOf(errorsOf(isCheap ? every(data.value) : found, found.errors), data.pointer)
  }
}

/** Bytes of the event times subschemas: at most as many errors, of 200 bytes each. */
const cheapUnits = 200_000

function errorsOf(again: Validation, errors: readonly ErrorObject[]): readonly ErrorObject[] {
  return again.kind === 'invalid' ? again.errors : errors
}

const tooCostly = {
  code: 'too-costly',
  detail: 'checking it against the schema of its stream takes more work than one event may take',
  fix: 'send shorter texts or fewer items, or make the patterns and references of the schema simpler',
}
