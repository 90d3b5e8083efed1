import type { EgressGuard } from './egress.ts'
import { parseAddress } from './special-ranges.ts'

/** Why a URL cannot be a target: `body-invalid` when nobody could call it, `target-refused` when policy forbids it. */
export type TargetUrlFault = {
  code: 'body-invalid' | 'target-refused'
  /** Stable name of the rule. */
  rule: 'not-a-url' | 'too-long' | 'control-character' | 'scheme' | 'user-info' | 'fragment' | 'port' | 'address'
  detail: string
  fix: string
}

const longestUrl = 2_048

/**
 * Checks the URL of a target when a subscription is written; null when it is good. A name is only resolved when it is
 * dialled, and guarded there again.
 */
export function checkTargetUrl(text: string, guard: EgressGuard): TargetUrlFault | null {
  return checkText(text) ?? checkParts(text, guard)
}

function checkText(text: string): TargetUrlFault | null {
  if (text.length > longestUrl) {
    return invalid('too-long', `the URL has ${text.length} characters`, `use at most ${longestUrl} characters`)
  }
  // The URL parser would drop tabs and newlines and trim spaces in silence.
  if (/[\p{Cc}\s]/u.test(text)) {
    return invalid('control-character', 'the URL has spaces or control characters', 'percent-encode or remove them')
  }
  if (!URL.canParse(text)) return invalid('not-a-url', 'this is not an absolute URL', 'use https://host/path')
  return null
}

function checkParts(text: string, guard: EgressGuard): TargetUrlFault | null {
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return invalid('scheme', `the scheme ${url.protocol} cannot be called`, 'use https:// or http://')
  }
  if (url.username !== '' || url.password !== '') {
    return invalid('user-info', 'the URL carries a user name or password', 'take them out of the URL')
  }
  if (text.includes('#')) return invalid('fragment', 'a fragment is never sent to a receiver', 'remove #…')
  return checkPlace(url, guard)
}

function checkPlace(url: URL, guard: EgressGuard): TargetUrlFault | null {
  const port = portOf(url)
  if (forbiddenPorts.has(port)) {
    return refused('port', `port ${port} belongs to another protocol`, 'let the receiver listen on another port')
  }
  const refusal = literalRefusal(url.hostname, guard)
  return refusal === null
    ? null
    : refused('address', refusal, 'use a public host, or ask the operator to allow this one')
}

/** The refusal of a host that needs no DNS: an address in any spelling (the URL parser normalises them) or localhost. */
export function literalRefusal(hostname: string, guard: EgressGuard): string | null {
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  if (/(^|\.)localhost\.?$/i.test(host)) return guard.refusal('127.0.0.1', host)
  return parseAddress(host) === null ? null : guard.refusal(host, host)
}

export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'https:' ? 443 : 80
}

/**
 * Ports where a POST would be read by something that is no HTTP server: those browsers refuse (WHATWG Fetch, "bad port"),
 * and the usual ones of databases, brokers and container engines.
 */
export const forbiddenPorts: ReadonlySet<number> = new Set([
  ...[
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  ],
  ...[
    111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  ],
  ...[540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061],
  ...[6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080],
  ...[445, 873, 1433, 1521, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 5432, 5672, 6379, 6380, 9042, 9092, 9093, 9094],
  ...[11211, 26379, 27017, 27018],
])

const fault =
  (code: TargetUrlFault['code']) =>
  (rule: TargetUrlFault['rule'], detail: string, fix: string): TargetUrlFault => ({ code, rule, detail, fix })
const invalid = fault('body-invalid')
const refused = fault('target-refused')
