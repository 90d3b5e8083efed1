import { Ajv, type AnySchema } from 'ajv'
import formats from 'ajv-formats'
import type { FastifySchemaCompiler } from 'fastify'

const options = { allErrors: true, verbose: true, useDefaults: true, removeAdditional: false, strict: false } as const

/**
 * Schema validators for fastify: bodies are judged as they are, query, path and headers with their texts read as the
 * numbers and booleans the schema asks for. Absent members get their default, nothing is removed, every fault is reported.
 */
export function schemaCompiler(): FastifySchemaCompiler<AnySchema> {
  const exact = formats.default(new Ajv({ ...options, coerceTypes: false }))
  const texts = formats.default(new Ajv({ ...options, coerceTypes: true }))
  return ({ schema, httpPart }) => (httpPart === 'body' ? exact : texts).compile(schema)
}
