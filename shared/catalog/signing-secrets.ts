import { randomBytes } from 'node:crypto'
import { publicKeyOf } from '#shared/delivery/ed25519.ts'
import type { SigningSecret } from './model.ts'
import type { Sealed, SecretBox } from './secrets.ts'

/** Pattern of what `signingSecret` takes: the texts of Standard Webhooks 1.0 for an HMAC secret and an ed25519 private key. */
export const signingSecretPattern = '^(whsec_[A-Za-z0-9+/]{32,86}={0,2}|whsk_[A-Za-z0-9+/]{43,86}={0,2})$'

const prefixes = { secret: 'whsec_', privateKey: 'whsk_', publicKey: 'whpk_' } as const
const newSecretBytes = 24
const [minSecretBytes, maxSecretBytes] = [24, 64]
const seedBytes = 32

/** What a secret that comes from elsewhere replaces: the HMAC secret or the private key. */
export type ImportedSecret = Pick<SigningSecret, 'secret'> | Pick<SigningSecret, 'privateKey'>

/** A secret for both schemes, good from now on: which of them sign is said by the definition, and may change at any time. */
export function newSigningSecret(createdAt: string): SigningSecret {
  return { secret: randomBytes(newSecretBytes), privateKey: randomBytes(seedBytes), createdAt, validUntil: null }
}

/** `whsec_` and the base64 of an HMAC secret. */
export const formatSigningSecret = (secret: Buffer): string => prefixes.secret + secret.toString('base64')

/** `whpk_` and the base64 of the 32 bytes of the public key that belongs to this private one. */
export const formatPublicKey = (privateKey: Buffer): string =>
  prefixes.publicKey + publicKeyOf(privateKey).toString('base64')

/**
 * The bytes of a `whsec_` text (24 to 64 bytes) or a `whsk_` text (32 bytes, or 64 with the public key behind them, as other
 * senders write it); undefined when it is neither, not the exact base64 of its bytes, or when the two halves do not belong
 * together.
 */
export function parseSigningSecret(text: string): ImportedSecret | undefined {
  const [secret, privateKey] = [bytesOf(text, prefixes.secret), bytesOf(text, prefixes.privateKey)]
  if (secret !== undefined) {
    return secret.length >= minSecretBytes && secret.length <= maxSecretBytes ? { secret } : undefined
  }
  if (privateKey === undefined || ![seedBytes, 2 * seedBytes].includes(privateKey.length)) return undefined
  const [seed, publicKey] = [privateKey.subarray(0, seedBytes), privateKey.subarray(seedBytes)]
  return publicKey.length === 0 || publicKey.equals(publicKeyOf(seed)) ? { privateKey: seed } : undefined
}

function bytesOf(text: string, prefix: string): Buffer | undefined {
  if (!text.startsWith(prefix)) return undefined
  const bytes = Buffer.from(text.slice(prefix.length), 'base64')
  return prefix + bytes.toString('base64') === text ? bytes : undefined
}

/** One signing secret as it stands in the record `secret/<uid>`: private key and HMAC secret together. */
export type SealedSigningSecret = Sealed & { createdAt: string; validUntil: string | null }

const placeOf = (uid: string) => `${uid}/signing`

export function sealSigningSecret(box: SecretBox, uid: string, given: SigningSecret): SealedSigningSecret {
  const { secret, privateKey, createdAt, validUntil } = given
  return { ...box.seal(placeOf(uid), Buffer.concat([privateKey, secret])), createdAt, validUntil }
}

/** Throws an Error that says why it does not open. */
export function openSigningSecret(box: SecretBox, uid: string, sealed: SealedSigningSecret): SigningSecret {
  const bytes = box.open(placeOf(uid), sealed)
  const { createdAt, validUntil } = sealed
  return { secret: bytes.subarray(seedBytes), privateKey: bytes.subarray(0, seedBytes), createdAt, validUntil }
}
