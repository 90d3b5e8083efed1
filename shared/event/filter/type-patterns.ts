/**
 * Which types of events a filter lets pass. A pattern is a type whose segments, between dots, may be `*` (any one segment)
 * and whose last may be `**` (one or more segments): `order.*` is `order.created` but not `order.item.added`, `order.**` is
 * both. Case counts.
 */
export type TypePatterns = { includes(type: string): boolean }

/** Asked again and again for the few types a stream has; one with very many forgets them all and begins anew. */
const mostRemembered = 1_000

export function compileTypePatterns(patterns: readonly string[]): TypePatterns {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')))
  const others = patterns.filter((pattern) => pattern.includes('*')).map((pattern) => pattern.split('.'))
  const known = new Map<string, boolean>()
  const look = (type: string) => {
    if (others.length === 0) return false
    const segments = type.split('.')
    return others.some((pattern) => matches(pattern, segments))
  }
  return {
    includes(type) {
      if (exact.has(type)) return true
      const answer = known.get(type) ?? look(type)
      if (known.size >= mostRemembered) known.clear()
      known.set(type, answer)
      return answer
    },
  }
}

/** What is wrong with a pattern and how to mend it; undefined when it is one. */
export function typePatternFault(pattern: string): { detail: string; fix: string } | undefined {
  const segments = pattern.split('.')
  if (segments.includes('')) {
    return {
      detail: 'a type pattern has an empty segment',
      fix: 'write segments with one dot between them, as order.*',
    }
  }
  const partial = segments.find((segment) => segment.includes('*') && segment !== '*' && segment !== '**')
  if (partial !== undefined) {
    return { detail: `${quoted(partial)}: a * stands for a whole segment`, fix: 'use *, ** or the segment without *' }
  }
  const rest = segments.indexOf('**')
  if (rest < 0 || rest === segments.length - 1) return undefined
  return { detail: '** stands for the rest, so nothing can follow it', fix: 'use * for one segment' }
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  const isOpen = pattern.at(-1) === '**'
  const fixed = isOpen ? pattern.length - 1 : pattern.length
  if (isOpen ? segments.length <= fixed : segments.length !== fixed) return false
  for (let at = 0; at < fixed; at += 1) if (pattern[at] !== '*' && pattern[at] !== segments[at]) return false
  return true
}

const quoted = (text: string) => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
