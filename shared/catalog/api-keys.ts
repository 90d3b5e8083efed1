import { createHash, randomInt, timingSafeEqual } from 'node:crypto'
import type { KeySecret } from './model.ts'

export type Credential = { id: string; secret: string }

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const idLength = 12
/** 43 base62 characters carry 256 bits. */
const secretLength = 43
const credentialPattern = new RegExp(`^tr_([0-9A-Za-z]{${idLength}})_([0-9A-Za-z]{${secretLength}})$`)

/** `tr_<12 base62>_<43 base62>` → its two halves; undefined when the text has another form. */
export function parseCredential(text: string): Credential | undefined {
  const [, id, secret] = credentialPattern.exec(text) ?? []
  return id === undefined || secret === undefined ? undefined : { id, secret }
}

export function formatCredential({ id, secret }: Credential): string {
  return `tr_${id}_${secret}`
}

/** A fresh credential; the id is public, the secret is shown once. */
export function newCredential(): Credential {
  return { id: randomText(idLength), secret: randomText(secretLength) }
}

/** A further secret for a key that keeps its id. */
export function newKeySecret(): string {
  return randomText(secretLength)
}

/** SHA-256 with the id as salt, base64url. The secret is random, so a slow hash would protect nothing more. */
export function hashSecret({ id, secret }: Credential): string {
  return createHash('sha256').update(`${id}_${secret}`).digest('base64url')
}

/** Whether the secret is one of those that are still valid at `nowMs`; every one is compared, in constant time. */
export function verifySecret(credential: Credential, secrets: readonly KeySecret[], nowMs: number): boolean {
  const presented = Buffer.from(hashSecret(credential))
  const matches = secrets.map((known) => {
    const stored = Buffer.from(known.hash)
    const same = stored.length === presented.length && timingSafeEqual(stored, presented)
    return same && (known.validUntil === null || Date.parse(known.validUntil) > nowMs)
  })
  return matches.includes(true)
}

function randomText(length: number): string {
  return Array.from({ length }, () => base62[randomInt(base62.length)]).join('')
}
