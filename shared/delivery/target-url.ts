import type { EgressGuard } from './egress.ts'
import { isForbiddenPort, portOf } from './ports.ts'
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
  const port = portOf(url.protocol, url.port)
  if (isForbiddenPort(port)) {
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

const fault =
  (code: TargetUrlFault['code']) =>
  (rule: TargetUrlFault['rule'], detail: string, fix: string): TargetUrlFault => ({ code, rule, detail, fix })
const invalid = fault('body-invalid')
const refused = fault('target-refused')
