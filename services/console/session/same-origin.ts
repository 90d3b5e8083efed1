import type { IncomingHttpHeaders } from 'node:http'
import { TailraceError } from '#shared/errors.ts'

type Request = { method: string; headers: IncomingHttpHeaders }

/** Methods that change nothing (RFC 9110 §9.2.1): what they answer, another origin cannot read. */
const safe: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/**
 * Throws `cross-origin` unless our own page made a request that changes something. SameSite=Strict does not say that: all
 * ports of one host are one site, so the page of a receiver on 127.0.0.1 could send the cookie along. Browsers say where a
 * request comes from in Sec-Fetch-Site or, on plain http from elsewhere than this machine, in Origin alone.
 */
export function requireOwnPage({ method, headers }: Request): void {
  if (safe.includes(method) || isOwn(headers)) return
  throw new TailraceError('cross-origin', 'A session changes something only from the pages of this console itself.')
}

function isOwn({ 'sec-fetch-site': site, origin, host }: IncomingHttpHeaders): boolean {
  if (site !== undefined) return site === 'same-origin'
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host
}
