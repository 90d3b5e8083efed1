import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import type { Static, TSchema } from 'typebox'
import { inputSchema } from '#shared/catalog/schema.ts'
import { nearest } from '#shared/config.ts'
import { type FieldFault, TailraceError } from '#shared/errors.ts'

export type JsonObject = { [member: string]: unknown }

/** One kind of request body: its schema, and the members of answers that may be sent back. */
export type BodyKind<T extends TSchema> = {
  schema: T
  /** Names or `parent.name`. */
  readOnly: readonly string[]
  /** Members whose value is kept as it is: a null inside it means something. */
  opaque?: readonly string[]
}

const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: false, verbose: true })
formats.default(ajv)
const validators = new WeakMap<TSchema, ValidateFunction>()

/**
 * Checks a body and fills in defaults. Null equals absent, as in a merge patch; read-only members are dropped. Throws
 * `unknown-field` or `body-invalid` naming every member at fault.
 */
export function readBody<T extends TSchema>(body: unknown, kind: BodyKind<T>): Static<T> {
  const members = withoutReadOnly(requireObject(body), kind.readOnly)
  const input = withoutNullsBut(members, kind.opaque ?? [])
  const validate = validatorOf(kind.schema)
  if (validate(input)) return input as Static<T>
  throw refusal((validate.errors ?? []).map(faultOf))
}

/** A body that is no JSON object is at fault as a whole. */
export function requireObject(body: unknown): JsonObject {
  if (isObject(body)) return body
  throw bodyInvalid([{ pointer: '', code: 'not-an-object', detail: 'the body is not a JSON object' }])
}

export function bodyInvalid(errors: readonly FieldFault[]): TailraceError {
  const [first, ...more] = errors
  const detail = more.length === 0 && first !== undefined ? first.detail : `${errors.length} members are wrong.`
  return new TailraceError('body-invalid', detail, { errors })
}

/** A member name as one segment of a JSON pointer. */
export const escapePointer = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1')

function refusal(faults: readonly FieldFault[]): TailraceError {
  const unknown = faults.filter((fault) => fault.code === 'unknown-field')
  if (unknown.length === 0) return bodyInvalid(faults)
  const detail = unknown.map((fault) => fault.detail).join('; ')
  return new TailraceError('unknown-field', detail, { errors: faults })
}

function validatorOf(schema: TSchema): ValidateFunction {
  const known = validators.get(schema) ?? ajv.compile(inputSchema(schema))
  validators.set(schema, known)
  return known
}

function withoutReadOnly(body: JsonObject, readOnly: readonly string[]): JsonObject {
  const copy = structuredClone(body)
  for (const path of readOnly) {
    const [parent = '', child] = path.split('.')
    if (child === undefined) delete copy[parent]
    else if (isObject(copy[parent])) delete copy[parent][child]
  }
  return copy
}

function withoutNullsBut(members: JsonObject, opaque: readonly string[]): JsonObject {
  const given = Object.entries(members).filter(([, member]) => member !== null)
  return Object.fromEntries(
    given.map(([name, member]) => [name, opaque.includes(name) ? member : withoutNulls(member)]),
  )
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  const given = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(given.map(([name, member]) => [name, withoutNulls(member)]))
}

function faultOf(error: ErrorObject): FieldFault {
  if (error.keyword === 'additionalProperties') return unknownField(error)
  if (error.keyword === 'required') {
    const name = String(error.params.missingProperty)
    return { pointer: `${error.instancePath}/${name}`, code: 'missing', detail: `${name} is required` }
  }
  const where = error.instancePath.slice(1).replaceAll('/', '.') || 'the body'
  return { pointer: error.instancePath, code: codeOf(error.keyword), detail: `${where} ${describe(error)}` }
}

function unknownField(error: ErrorObject): FieldFault {
  const name = String(error.params.additionalProperty)
  const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {})
  const shown = name.length > 64 ? `${name.slice(0, 64)}…` : name
  const fix = known.length === 0 ? 'remove it' : `did you mean ${nearest(shown, known)}?`
  const pointer = `${error.instancePath}/${escapePointer(shown)}`
  return { pointer, code: 'unknown-field', detail: `there is no member ${shown}`, fix }
}

const codes: Readonly<Record<string, string>> = {
  type: 'wrong-type',
  enum: 'not-allowed',
  const: 'not-allowed',
  pattern: 'wrong-form',
  format: 'wrong-form',
  minimum: 'too-small',
  maximum: 'too-large',
  minLength: 'too-short',
  maxLength: 'too-long',
  minItems: 'too-few',
  maxItems: 'too-many',
  uniqueItems: 'repeated',
}

const codeOf = (keyword: string) => codes[keyword] ?? 'invalid'

function describe(error: ErrorObject): string {
  const allowed: unknown = error.params.allowedValues ?? error.params.allowedValue
  return allowed === undefined ? (error.message ?? 'is wrong') : `must be one of ${[allowed].flat().join(', ')}`
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
