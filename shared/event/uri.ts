// RFC 3986: unreserved, sub-delims, and the gen-delims that may stand in path, query and fragment.
const legal = /^(?:[\w\-.~!$&'()*+,;=:@/?#[\]]|%[0-9A-Fa-f]{2})*$/
const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:/
const brackets = /[[\]]/

/** Whether the text is a URI reference (RFC 3986 §4.1): an absolute URI or a relative one. */
export function isUriReference(text: string): boolean {
  if (!legal.test(text) || text.indexOf('#') !== text.lastIndexOf('#')) return false
  const path = scheme.test(text) ? text.slice(text.indexOf(':') + 1) : text
  // Brackets stand around an IP literal only; without a scheme the first path segment has no colon (§4.2).
  if (brackets.test(path.replace(/^\/\/[^/?#]*/, ''))) return false
  return path !== text || !/^[^/?#]*:/.test(text)
}

/** Whether the text is a URI with a scheme and something behind it. */
export function isAbsoluteUri(text: string): boolean {
  return scheme.test(text) && isUriReference(text) && !text.endsWith(':')
}
