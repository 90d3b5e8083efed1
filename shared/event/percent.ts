/**
 * Attribute values in HTTP headers, as the CloudEvents HTTP binding 1.0.2 §3.1.3.2 says: what is not printable ASCII, and
 * space, double quote and percent, is percent-encoded as UTF-8.
 */
export function encodeHeaderValue(text: string): string {
  return mustEncode.test(text) ? text.toWellFormed().replace(mustEncodeRuns, encodeURIComponent) : text
}

/**
 * The reverse: a quoted string is unquoted first, then percent-decoded once. A `%` without two hex digits stands for itself
 * (SDKs that do not encode send it). Undefined when raw bytes beyond ASCII or decoded bytes that are not UTF-8 appear.
 */
export function decodeHeaderValue(raw: string): string | undefined {
  if (beyondAscii.test(raw)) return undefined
  const text = raw.length > 1 && raw.startsWith('"') && raw.endsWith('"') ? unquoted(raw) : raw
  if (!text.includes('%')) return text
  try {
    return text.replace(encodedRuns, decodeURIComponent)
  } catch {
    // decodeURIComponent refuses bytes that are not UTF-8
    return undefined
  }
}

const mustEncode = /[^\x21\x23\x24\x26-\x7e]/
const mustEncodeRuns = /[^\x21\x23\x24\x26-\x7e]+/g
const encodedRuns = /(?:%[0-9A-Fa-f]{2})+/g
const beyondAscii = /[^\t\x20-\x7e]/

const unquoted = (raw: string) => raw.slice(1, -1).replace(/\\(.)/g, '$1')
