/** Why a header cannot be sent with every request; `rule` is its stable name. */
export type HeaderFault = { rule: 'reserved' | 'wrong-form' | 'too-long'; detail: string; fix: string }

export const mostStaticHeaders = 50
export const longestHeaderName = 100
export const longestHeaderValue = 4_096
/** Of all names and values: receivers commonly take 16 KiB of head, and our own headers are part of it. */
export const mostStaticHeaderBytes = 8_192

/** A token of RFC 9110, as every server takes it; it begins with a letter or digit. */
const headerName = /^[A-Za-z0-9][A-Za-z0-9!#$%&'*+.^_`|~-]*$/

/** Visible ASCII with single spaces or tabs inside: what else RFC 9110 allows, servers read differently. */
const headerValue = /^([\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?)?$/

/** Made by Tailrace for every request, or by the HTTP client for every connection (RFC 9110 7.6.1: hop by hop). */
const reservedNames: ReadonlySet<string> = new Set([
  ...['content-type', 'content-length', 'content-encoding', 'user-agent', 'traceparent'],
  ...['host', 'connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'expect'],
])
const reservedPrefixes = ['webhook-', 'ce-', 'tailrace-', 'proxy-'] as const

/** Checks one header that an operator wants on every request; null when it is good. */
export function staticHeaderFault(name: string, value: string): HeaderFault | null {
  if (name.length > longestHeaderName) return tooLong('name', name.length, longestHeaderName)
  if (!headerName.test(name)) {
    return { rule: 'wrong-form', detail: 'this is no header name', fix: 'use letters, digits and hyphens' }
  }
  const lower = name.toLowerCase()
  if (lower === 'authorization') {
    return { rule: 'reserved', detail: 'authorization has a place of its own', fix: 'use destination.auth' }
  }
  if (reservedNames.has(lower) || reservedPrefixes.some((prefix) => lower.startsWith(prefix))) {
    return { rule: 'reserved', detail: `${lower} is set by Tailrace for each request`, fix: 'use another name' }
  }
  if (value.length > longestHeaderValue) return tooLong('value', value.length, longestHeaderValue)
  if (headerValue.test(value)) return null
  const detail = `the value of ${lower} has characters that no header can carry, or space around it`
  return { rule: 'wrong-form', detail, fix: 'use printable ASCII without space around it' }
}

function tooLong(part: string, length: number, limit: number): HeaderFault {
  return { rule: 'too-long', detail: `the ${part} has ${length} characters`, fix: `use at most ${limit}` }
}
