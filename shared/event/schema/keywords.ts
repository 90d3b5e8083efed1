/** Where a keyword of JSON Schema (draft 2020-12) holds subschemas: one, a list, a map by name, or none. */
type Holds = 'one' | 'list' | 'map' | 'none'

const named = (holds: Holds, names: string) => names.split(' ').map((name) => [name, holds] as const)

/**
 * Every keyword this version takes. The format and the vocabulary of draft 2020-12 without `$dynamicRef`: what it refers
 * to depends on the way there, which nobody can check when the schema is stored.
 */
export const keywords: ReadonlyMap<string, Holds> = new Map([
  ...named('one', 'not if then else items contains additionalProperties propertyNames'),
  ...named('one', 'unevaluatedItems unevaluatedProperties'),
  ...named('list', 'allOf anyOf oneOf prefixItems'),
  ...named('map', 'properties patternProperties dependentSchemas $defs'),
  ...named('none', '$schema $id $anchor $ref $comment type enum const multipleOf maximum exclusiveMaximum minimum'),
  ...named(
    'none',
    'exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems maxContains minContains',
  ),
  ...named('none', 'maxProperties minProperties required dependentRequired format contentEncoding contentMediaType'),
  ...named('none', 'title description default deprecated readOnly writeOnly examples'),
])

export type JsonSchema = { readonly [keyword: string]: unknown }

export const isSchemaObject = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
