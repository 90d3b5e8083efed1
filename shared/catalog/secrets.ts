import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { SigningSecret } from './model.ts'

/** Pattern of a signing secret: `whsec_` and the base64 of 24 to 64 bytes (Standard Webhooks 1.0). */
export const signingSecretPattern = '^whsec_[A-Za-z0-9+/]{32,88}={0,2}$'

const prefix = 'whsec_'
const newSecretBytes = 24
const [minBytes, maxBytes] = [24, 64]
const ivBytes = 12
const tagBytes = 16

export function newSigningSecret(): Buffer {
  return randomBytes(newSecretBytes)
}

export function formatSigningSecret(secret: Buffer): string {
  return prefix + secret.toString('base64')
}

/** The bytes of a `whsec_` text; undefined when it is not one (another prefix, other bytes than its own base64, length). */
export function parseSigningSecret(text: string): Buffer | undefined {
  if (!text.startsWith(prefix)) return undefined
  const secret = Buffer.from(text.slice(prefix.length), 'base64')
  const exact = formatSigningSecret(secret) === text
  return exact && secret.length >= minBytes && secret.length <= maxBytes ? secret : undefined
}

/** One signing secret as it stands in the catalog topic: `sealed` is base64 of iv, tag and ciphertext. */
export type SealedSecret = { sealed: string; createdAt: string; validUntil: string | null }

export type SecretBox = {
  seal(uid: string, secret: SigningSecret): SealedSecret
  /** Throws when the master key is another one or the record belongs to another subscription. */
  open(uid: string, sealed: SealedSecret): SigningSecret
}

/**
 * AES-256-GCM under the master key (32 bytes). The uid is associated data: a sealed secret copied to the record of another
 * subscription does not open.
 */
export function createSecretBox(masterKey: Buffer): SecretBox {
  return {
    seal: (uid, { secret, createdAt, validUntil }) => {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', masterKey, iv).setAAD(Buffer.from(uid))
      const text = Buffer.concat([cipher.update(secret), cipher.final()])
      return { sealed: Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64'), createdAt, validUntil }
    },
    open: (uid, { sealed, createdAt, validUntil }) => {
      const bytes = Buffer.from(sealed, 'base64')
      const [iv, tag] = [bytes.subarray(0, ivBytes), bytes.subarray(ivBytes, ivBytes + tagBytes)]
      const decipher = createDecipheriv('aes-256-gcm', masterKey, iv, { authTagLength: tagBytes })
      decipher.setAAD(Buffer.from(uid)).setAuthTag(tag)
      const secret = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()])
      return { secret, createdAt, validUntil }
    },
  }
}
