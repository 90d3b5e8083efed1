import type { IncomingHttpHeaders } from 'node:http'
import { TailraceError } from '#shared/errors.ts'

/** How much a key may ask for: on average, and at once. */
export type CallerRate = { perSecond: number; burst: number }

/** Who asks. The same key gives the same object as `rateLimit` until the key is changed. */
export type Caller = { keyId: string; name: string; scopes: readonly string[]; rateLimit: CallerRate | null }

type Credential = { id: string; secret: string }

/** An API key as far as this file cares; `Key` is its full type. */
export type KnownKey = {
  id: string
  name: string
  scopes: readonly string[]
  rateLimit: CallerRate | null
  expiresAt: string | null
}

export type AuthenticatorOptions<Key extends KnownKey> = {
  keys: { key(id: string): Key | undefined }
  /** Reads the catalog to its end as it is now; false when that took too long. */
  catchUp(timeoutMs: number): Promise<boolean>
  /** `tr_<id>_<secret>` as its parts. */
  parse(text: string): Credential | undefined
  /** Compares in constant time with every secret of the key that is valid now. */
  verify(credential: Credential, key: Key, nowMs: number): boolean
}

export type Authenticate = (request: { headers: IncomingHttpHeaders; url: string }) => Caller | Promise<Caller>

/**
 * Checks `Authorization: Bearer tr_…`. A known key is judged at once, without a promise; an unknown one after the catalog
 * was read to its end. Throws `credential-missing`, `credential-invalid` (also for a credential in the query string, where
 * logs would show it) or `catalog-stale`.
 */
export function createAuthenticate<Key extends KnownKey>(options: AuthenticatorOptions<Key>): Authenticate {
  const judge = (credential: Credential, key: Key | undefined): Caller => {
    const nowMs = Date.now()
    const isExpired = key !== undefined && key.expiresAt !== null && Date.parse(key.expiresAt) <= nowMs
    if (key === undefined || !options.verify(credential, key, nowMs) || isExpired) throw invalid()
    return { keyId: key.id, name: key.name, scopes: key.scopes, rateLimit: key.rateLimit }
  }
  const judgeLater = async (credential: Credential) => {
    if (!(await options.catchUp(catchUpMs)))
      throw new TailraceError('catalog-stale', 'The API keys could not be read just now.')
    return judge(credential, options.keys.key(credential.id))
  }
  return ({ headers, url }) => {
    refuseCredentialInQuery(url)
    const credential = options.parse(bearerOf(headers.authorization))
    if (credential === undefined) throw invalid()
    const key = options.keys.key(credential.id)
    return key === undefined ? judgeLater(credential) : judge(credential, key)
  }
}

/** What a request with an unknown key waits at most. */
const catchUpMs = 300

function bearerOf(authorization: string | undefined): string {
  if (authorization === undefined) throw new TailraceError('credential-missing', 'There is no Authorization header.')
  const [, token] = /^Bearer +([^\s]+) *$/i.exec(authorization) ?? []
  if (token === undefined) throw invalid()
  return token
}

const credentialInQuery =
  /(?:^|[?&])(?:access_token|api[_-]?key|apikey|token|authorization|secret)=|tr_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}/i

function refuseCredentialInQuery(url: string): void {
  const start = url.indexOf('?')
  if (start === -1) return
  const query = url.slice(start).replaceAll(/%5f/gi, '_')
  if (credentialInQuery.test(query)) {
    throw new TailraceError(
      'credential-invalid',
      'A credential in the query string is never accepted. Replace this key.',
    )
  }
}

const invalid = () => new TailraceError('credential-invalid', 'The credential is unknown, wrong or expired.')
