import type { IncomingHttpHeaders } from 'node:http'
import { TailraceError } from '#shared/errors.ts'

type Request = { method: string; headers: IncomingHttpHeaders }

/** Methods that change nothing (RFC 9110 §9.2.1). */
const safe: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/**
 * Throws `cross-origin` unless a request with a session comes from our own pages. SameSite=Strict does not say that: all ports
 * of one host are one site, so the page of a receiver on 127.0.0.1 could send the cookie along. Browsers say where a request
 * comes from in Sec-Fetch-Site or, on plain http from elsewhere than this machine, in Origin alone, which a read of our own
 * pages lacks. Another page could read no answer anyway, but it could change something, or hold event streams open.
 */
export function requireOwnPage({ method, headers }: Request): void {
  const { 'sec-fetch-site': site, origin, host } = headers
  const isRead = safe.includes(method)
  if (site === 'same-origin') return
  // Typed into the address bar.
  if (site === 'none' && isRead) return
  if (site === undefined && (origin === undefined ? isRead : isOriginOf(host, origin))) return
  throw new TailraceError('cross-origin', 'A session is for the pages of this console itself.')
}

function isOriginOf(host: string | undefined, origin: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host
}
