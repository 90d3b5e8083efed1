import type { ErrorObject } from 'ajv'
import type { FastifyError } from 'fastify'
import { nearest } from '#shared/config.ts'
import { type ErrorCode, type FieldFault, TailraceError } from '#shared/errors.ts'

/** What a route may say about its errors: the code of a body over the limit. */
export type Translation = { tooLarge: ErrorCode; limitBytes: number }

/** Whatever a request ended with as an error of our table: framework errors and schema faults by name, all else `internal`. */
export function translateError(error: unknown, { tooLarge, limitBytes }: Translation): TailraceError {
  if (error instanceof TailraceError) return error
  const { code = '', validation, validationContext } = error as FastifyError
  if (validation !== undefined) return schemaError(validation as unknown as ErrorObject[], validationContext ?? 'body')
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new TailraceError(tooLarge, `The body is larger than ${limitBytes} bytes.`)
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new TailraceError('type-unsupported', 'The Content-Type is missing or not supported. Send application/json.')
  }
  const detail = malformed.get(code)
  return detail === undefined
    ? new TailraceError('internal', 'The request failed on our side.', { cause: error })
    : new TailraceError('request-malformed', detail)
}

const malformed: ReadonlyMap<string, string> = new Map([
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', 'The body is not as long as Content-Length says.'],
  ['FST_ERR_BAD_URL', 'The path cannot be decoded.'],
  ['FST_ERR_MAX_PARAM_LENGTH', 'A part of the path is too long.'],
  ['ECONNRESET', 'The body ended early.'],
])

/** A body with thousands of faults is answered with the first of them. */
const mostFaults = 100

function schemaError(errors: readonly ErrorObject[], context: string): TailraceError {
  const faults = errors.slice(0, mostFaults).map((error) => faultOf(error, context))
  const detail =
    faults.length === 1 ? `One thing is wrong: ${faults[0]?.detail}.` : `${faults.length} things are wrong.`
  const isUnknown = faults.every((fault) => fault.code === 'unknown-field')
  const code = isUnknown ? 'unknown-field' : context === 'body' ? 'body-invalid' : 'request-malformed'
  return new TailraceError(code, detail, { errors: faults })
}

function faultOf(error: ErrorObject, context: string): FieldFault {
  const member = memberAtFault(error)
  const place = member === undefined ? error.instancePath : `${error.instancePath}/${escaped(member)}`
  const where = context === 'querystring' ? { query: place.slice(1) } : { pointer: place }
  const code = faultCodes.get(error.keyword) ?? error.keyword
  if (code === 'unknown-field')
    return { ...where, code, detail: `${member} is not known here`, ...suggestion(error, member) }
  return {
    ...where,
    code,
    detail: `${place.slice(1) || `the ${context}`} ${code === 'missing' ? 'is required' : error.message}`,
  }
}

const faultCodes: ReadonlyMap<string, string> = new Map([
  ['required', 'missing'],
  ['additionalProperties', 'unknown-field'],
  ['unevaluatedProperties', 'unknown-field'],
  ['type', 'wrong-type'],
  ['enum', 'not-allowed'],
  ['const', 'not-allowed'],
  ['pattern', 'malformed'],
  ['format', 'malformed'],
  ['minimum', 'out-of-range'],
  ['maximum', 'out-of-range'],
  ['exclusiveMinimum', 'out-of-range'],
  ['exclusiveMaximum', 'out-of-range'],
  ['minLength', 'too-short'],
  ['maxLength', 'too-long'],
  ['minItems', 'too-few'],
  ['maxItems', 'too-many'],
  ['uniqueItems', 'duplicate'],
])

function memberAtFault({ params }: ErrorObject): string | undefined {
  return params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty
}

function suggestion({ parentSchema }: ErrorObject, member: string | undefined): { fix?: string } {
  const known = Object.keys(parentSchema?.properties ?? {})
  return known.length === 0 ? {} : { fix: `did you mean ${nearest(member ?? '', known)}?` }
}

const escaped = (member: string) => member.replaceAll('~', '~0').replaceAll('/', '~1')
