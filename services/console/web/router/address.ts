/** Where someone is in the console: all of it stands in the address, so a link shows the same view. */
export type Address = { path: string; query: Readonly<Record<string, string>> }

/** Reads what stands in the address bar. */
export function parseAddress(url: string): Address {
  const { pathname, searchParams } = new URL(url, 'http://console')
  return { path: pathname.replace(/(?<=.)\/+$/, ''), query: Object.fromEntries(searchParams) }
}

/** The address as text; empty members of the query are left out, the others keep their order. */
export function formatAddress({ path, query }: Address): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== '') parameters.set(name, value)
  const text = parameters.toString()
  return text === '' ? path : `${path}?${text}`
}

/** Some members of a query replaced; `undefined` takes one out. */
export function patchQuery(
  query: Address['query'],
  patch: Readonly<Record<string, string | undefined>>,
): Address['query'] {
  const next: Record<string, string> = { ...query }
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined || value === '') delete next[name]
    else next[name] = value
  }
  return next
}

/** The parts of `path` that stand at the places of `:name` in `pattern`; undefined when it is another path. */
export function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return undefined
  const found: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const here = given[index] ?? ''
    if (part.startsWith(':') && here !== '') found[part.slice(1)] = decodeURIComponent(here)
    else if (part !== here) return undefined
  }
  return found
}
