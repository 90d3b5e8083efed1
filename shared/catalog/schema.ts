import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { type Static, type TArray, type TInteger, type TObject, type TSchema, type TString, Type } from 'typebox'

/** RFC 3339 UTC with milliseconds, as `Date.toISOString` prints it. */
export const time = (description: string) => Type.String({ format: 'date-time', description })

/** The same scalar, object or array or null, as one JSON schema type (an `anyOf` would triple every fault). The default is null. */
export function nullable<T extends TString | TInteger | TObject | TArray>(schema: T) {
  return Type.Unsafe<Static<T> | null>({ ...schema, type: [schema.type, 'null'], default: null })
}

/** An object or null without a default. */
export function objectOrNull<T extends TSchema>(schema: T) {
  return Type.Unsafe<Static<T> | null>({ anyOf: [schema, Type.Null()] })
}

/** A definition with every default filled in. Throws an Error that names what the schema does not allow. */
export function withDefaults<T extends TSchema>(schema: T, members: object): Static<T> {
  const definition = structuredClone(members)
  const ajv = formats.default(new Ajv({ useDefaults: true, strict: false }))
  if (ajv.validate(inputSchema(schema), definition)) return definition as Static<T>
  throw new Error(ajv.errorsText())
}

type JsonSchema = { [keyword: string]: unknown }

/**
 * The schema of a request body from the schema of the resource: a member with a default may be absent, a member nobody
 * knows is a fault. Both go all the way down.
 */
export function inputSchema(schema: TSchema): TSchema {
  return opened(schema as JsonSchema) as TSchema
}

function opened(schema: JsonSchema): JsonSchema {
  const copy: JsonSchema = { ...schema }
  if (isRecord(copy.items)) copy.items = opened(copy.items)
  if (!isRecord(copy.properties)) return copy
  const properties = Object.entries(copy.properties) as [string, JsonSchema][]
  copy.properties = Object.fromEntries(properties.map(([name, member]) => [name, opened(member)]))
  copy.required = (copy.required as string[] | undefined)?.filter((name) => !hasDefault(properties, name)) ?? []
  copy.additionalProperties = false
  return copy
}

const hasDefault = (properties: readonly [string, JsonSchema][], name: string) =>
  properties.some(([member, schema]) => member === name && 'default' in schema)

const isRecord = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
