import { pointerTo } from '../envelope.ts'
import { isSchemaObject, type JsonSchema, keywords } from './keywords.ts'

/** One schema object inside a schema; `pointer` says where, the whole schema being the empty pointer. */
export type Subschema = { pointer: string; schema: JsonSchema; depth: number }

/**
 * The schema itself and every schema object below it, wherever a keyword may hold one; constants, defaults and examples
 * are data and are not entered. Goes at most one level deeper than `depth`.
 */
export function* subschemas(schema: JsonSchema, depth: number): Generator<Subschema> {
  yield* below({ pointer: '', schema, depth: 0 }, depth)
}

function* below(parent: Subschema, most: number): Generator<Subschema> {
  yield parent
  if (parent.depth > most) return
  for (const [pointer, value] of childrenOf(parent)) {
    if (isSchemaObject(value)) yield* below({ pointer, schema: value, depth: parent.depth + 1 }, most)
  }
}

function* childrenOf({ pointer, schema }: Subschema): Generator<[string, unknown]> {
  for (const [keyword, value] of Object.entries(schema)) {
    const holds = keywords.get(keyword)
    const place = `${pointer}${pointerTo(keyword)}`
    if (holds === 'one') yield [place, value]
    if ((holds === 'list' && Array.isArray(value)) || (holds === 'map' && isSchemaObject(value))) {
      for (const [name, child] of Object.entries(value)) yield [`${place}${pointerTo(name)}`, child]
    }
  }
}
