import { computed, signal } from '@preact/signals'
import { type Address, formatAddress, parseAddress, patchQuery } from './address.ts'

/** Where the page is now. */
export const address = signal<Address>(parseAddress(location.href))
export const query = computed(() => address.value.query)

/** Goes somewhere: a step that "back" undoes. */
export function navigate(to: string): void {
  if (to === formatAddress(address.peek())) return
  history.pushState(null, '', to)
  address.value = parseAddress(to)
  scrollTo(0, 0)
}

/** Changes members of the query. Typing replaces, choosing (`push`) is a step that "back" undoes. */
export function setQuery(patch: Readonly<Record<string, string | undefined>>, push = false): void {
  const next = { ...address.peek(), query: patchQuery(address.peek().query, patch) }
  const to = formatAddress(next)
  if (to === formatAddress(address.peek())) return
  if (push) history.pushState(null, '', to)
  else history.replaceState(null, '', to)
  address.value = next
}

/** Follows the buttons of the browser, and plain clicks on links into the console. */
export function startRouter(): void {
  addEventListener('popstate', () => {
    address.value = parseAddress(location.href)
  })
  document.addEventListener('click', (event) => {
    const to = internalLink(event)
    if (to === undefined) return
    event.preventDefault()
    navigate(to)
  })
}

function internalLink(event: MouseEvent): string | undefined {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return undefined
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (link === null || link.origin !== location.origin || link.target !== '' || link.hasAttribute('download'))
    return undefined
  if (link.getAttribute('href')?.startsWith('#') === true) return undefined
  return link.pathname + link.search
}
