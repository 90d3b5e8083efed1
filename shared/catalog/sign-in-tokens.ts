import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { KeySecret } from './model.ts'

/** `session`: what a signed-in browser carries as its cookie. `ticket`: what a one-time link carries, good for one session. */
export type TokenKind = 'session' | 'ticket'

/** What a token says of itself. Nothing of it counts before `TokenSigner.secretOf` has found its signature genuine. */
export type SignInToken = {
  /** Names this one token, to tell that it is spent. */
  id: string
  keyId: string
  issuedAtMs: number
  expiresAtMs: number
  signature: string
}

export type TokenSigner = {
  /** A token in the name of one secret of a key, as text without a character that cookies or addresses escape. */
  issue(kind: TokenKind, secret: { keyId: string; hash: string }, life: { nowMs: number; lifeMs: number }): string
  /**
   * The hash of the secret in whose name the token was issued; undefined when it is of another kind, forged or over, or when
   * that secret is none of `secrets` or does not count any more: with its secret a token ends at once.
   */
  secretOf(kind: TokenKind, token: SignInToken, secrets: readonly KeySecret[], nowMs: number): string | undefined
}

const tokenPattern = /^([0-9A-Za-z]{12})\.([0-9a-z]{8,9})\.([0-9a-z]{8,9})\.([\w-]{22})\.([\w-]{43})$/

/**
 * Signs with HMAC-SHA256 under a key derived (HKDF, RFC 5869) from the master key of the installation. So every console
 * knows a genuine token without a store, also after a restart, and who reads the hashes of the catalog topic can make none.
 */
export function createTokenSigner(masterKey: Buffer): TokenSigner {
  const signingKey = Buffer.from(hkdfSync('sha256', masterKey, '', 'tailrace sign-in tokens', 32))
  const signatureOf = (kind: TokenKind, claims: string, hash: string) =>
    createHmac('sha256', signingKey).update(`${kind}\n${claims}\n${hash}`).digest('base64url')
  return {
    issue(kind, { keyId, hash }, { nowMs, lifeMs }) {
      const id = randomBytes(16).toString('base64url')
      const claims = claimsOf({ id, keyId, issuedAtMs: nowMs, expiresAtMs: nowMs + lifeMs })
      return `${claims}.${signatureOf(kind, claims, hash)}`
    },
    secretOf(kind, token, secrets, nowMs) {
      if (token.expiresAtMs <= nowMs) return undefined
      const presented = Buffer.from(token.signature)
      const known = secrets.find(({ hash }) =>
        timingSafeEqual(Buffer.from(signatureOf(kind, claimsOf(token), hash)), presented),
      )
      const counts = known !== undefined && (known.validUntil === null || Date.parse(known.validUntil) > nowMs)
      return counts ? known.hash : undefined
    },
  }
}

/** The parts of a token; undefined when the text is none. */
export function parseToken(text: string): SignInToken | undefined {
  const [, keyId, issued, expires, id, signature] = tokenPattern.exec(text) ?? []
  if (keyId === undefined || id === undefined || signature === undefined) return undefined
  return {
    id,
    keyId,
    issuedAtMs: Number.parseInt(issued ?? '', 36),
    expiresAtMs: Number.parseInt(expires ?? '', 36),
    signature,
  }
}

const claimsOf = ({ id, keyId, issuedAtMs, expiresAtMs }: Omit<SignInToken, 'signature'>) =>
  `${keyId}.${issuedAtMs.toString(36)}.${expiresAtMs.toString(36)}.${id}`
