type Members = Record<string, unknown>

/**
 * RFC 7396: members of the patch replace those of the target, null removes, objects are merged, arrays replaced. Parts that
 * do not change keep their identity. Used here and by the web part.
 */
export function mergePatch<T>(target: T, patch: unknown): T {
  if (!isObject(patch)) return patch as T
  const result: Members = isObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else setOwn(result, name, mergePatch(result[name], value))
  }
  return result as T
}

/** `__proto__` becomes a member like any other, which nobody knows. */
function setOwn(object: Members, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
