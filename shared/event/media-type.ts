/** What a content type says: `essence` is type/subtype in lower case, `charset` in lower case or null. */
export type MediaType = { essence: string; charset: string | null }

const token = "[\\w!#$%&'*+.^`|~-]+"
const quoted = '"(?:[\\t\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\[\\t\\x20-\\x7e])*"'
const parameter = `[ \\t]*;[ \\t]*(?:(${token})=(${token}|${quoted}))?`
const pattern = new RegExp(`^(${token}/${token})((?:${parameter})*)[ \\t]*$`)
const parameters = new RegExp(parameter, 'g')

const cacheSize = 256
const cache = new Map<string, MediaType | null>()

/** A Content-Type header value by RFC 9110 §8.3.1; null when it is not well formed. */
export function parseMediaType(text: string): MediaType | null {
  const known = cache.get(text)
  if (known !== undefined) return known
  const parsed = parse(text)
  if (cache.size >= cacheSize) cache.clear()
  cache.set(text, parsed)
  return parsed
}

/** `application/json` and everything that ends in `+json`. */
export function isJson({ essence }: MediaType): boolean {
  return essence === 'application/json' || essence.endsWith('+json')
}

function parse(text: string): MediaType | null {
  const [, essence, rest = ''] = pattern.exec(text) ?? []
  if (essence === undefined) return null
  const charset = [...rest.matchAll(parameters)].find(([, name]) => name?.toLowerCase() === 'charset')?.[2]
  return { essence: essence.toLowerCase(), charset: charset?.replaceAll('"', '').toLowerCase() ?? null }
}
