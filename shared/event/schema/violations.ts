import type { ErrorObject } from 'ajv'
import type { FieldFault } from '#shared/errors.ts'
import { pointerTo } from '../envelope.ts'

const mostListed = 20
const longestDetail = 200
const longestPointer = 512

/** Errors of a schema as faults: at most 20, one of a kind at a place. Words of the schema are repeated, values of the data are not. */
export function violationsOf(errors: readonly ErrorObject[], prefix: string): FieldFault[] {
  const faults = new Map<string, FieldFault>()
  for (const error of errors) {
    if (faults.size === mostListed) break
    const fault = faultOf(error, prefix)
    const place = `${fault.code} ${fault.pointer}`
    if (!faults.has(place)) faults.set(place, fault)
  }
  return [...faults.values()]
}

function faultOf(error: ErrorObject, prefix: string): FieldFault {
  const member = memberAtFault(error)
  const pointer = `${prefix}${error.instancePath}${member === undefined ? '' : pointerTo(member)}`
  const code = codes[error.keyword] ?? 'invalid'
  return { pointer: shortened(pointer), code, detail: detailOf(error).slice(0, longestDetail) }
}

/** Names of members are the publisher's; the place of a very long one is named by what it stands in. */
function shortened(pointer: string): string {
  return pointer.length <= longestPointer ? pointer : pointer.slice(0, pointer.lastIndexOf('/', longestPointer))
}

function memberAtFault({ params, propertyName }: ErrorObject): string | undefined {
  const { missingProperty, additionalProperty, unevaluatedProperty } = params
  return missingProperty ?? additionalProperty ?? unevaluatedProperty ?? params.propertyName ?? propertyName
}

function detailOf({ keyword, message = '' }: ErrorObject): string {
  return codes[keyword] === 'unknown-field' ? 'it is not allowed' : message
}

const codes: Readonly<Record<string, string>> = {
  required: 'missing',
  dependentRequired: 'missing',
  additionalProperties: 'unknown-field',
  unevaluatedProperties: 'unknown-field',
  'false schema': 'not-allowed',
  type: 'wrong-type',
  enum: 'not-allowed',
  const: 'not-allowed',
  pattern: 'malformed',
  format: 'malformed',
  propertyNames: 'malformed',
  minimum: 'out-of-range',
  maximum: 'out-of-range',
  exclusiveMinimum: 'out-of-range',
  exclusiveMaximum: 'out-of-range',
  multipleOf: 'out-of-range',
  minLength: 'too-short',
  maxLength: 'too-long',
  minItems: 'too-few',
  minProperties: 'too-few',
  contains: 'too-few',
  maxItems: 'too-many',
  maxProperties: 'too-many',
  unevaluatedItems: 'too-many',
  uniqueItems: 'duplicate',
}
