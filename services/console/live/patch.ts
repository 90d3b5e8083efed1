import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../body.ts'

/**
 * The RFC 7396 merge patch that turns `before` into `after`; null when they are equal. Arrays are replaced whole. A merge
 * patch cannot say that a member became null: where it did, applying the patch removes it, which readers take for null.
 */
export function patchBetween(before: JsonObject, after: JsonObject): JsonObject | null {
  const patch: JsonObject = {}
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[name], after[name]]
    if (isDeepStrictEqual(was, is)) continue
    patch[name] = isObject(was) && isObject(is) ? patchBetween(was, is) : (is ?? null)
  }
  return Object.keys(patch).length === 0 ? null : patch
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
