import { hash, subtle } from 'node:crypto'
import type { Mark } from '#shared/redis/idempotency-marks.ts'

/** Whose request: keys of different API keys, and of different streams, are independent. */
export type Scope = { readonly keyId: string; readonly stream: string }

/** By what an event is recognised: the request's Idempotency-Key and its place there, or the publisher's own source and id. */
export type Identity =
  | { readonly kind: 'key'; readonly key: string; readonly index: number }
  | { readonly kind: 'event'; readonly source: string; readonly id: string }

/** 132 bits: nobody finds two events with one name, not even on purpose. */
const nameCharacters = 22
/** 96 bits: compared only under one name. */
const digestCharacters = 16

/** The mark of an event; `digest` is that of the bytes a repeat must have. */
export function markOf(scope: Scope, identity: Identity, digest: string): Mark {
  return {
    tag: scope.keyId,
    name: hash('sha256', textOf(scope, identity), 'base64url').slice(0, nameCharacters),
    digest,
  }
}

export function digestOf(body: Buffer): string {
  return hash('sha256', body, 'base64url').slice(0, digestCharacters)
}

/** The same in another thread, for bodies that would hold up the event loop. */
export async function digestApart(body: Buffer): Promise<string> {
  const digest = await subtle.digest('SHA-256', body as Uint8Array<ArrayBuffer>)
  return Buffer.from(digest).toString('base64url').slice(0, digestCharacters)
}

/**
 * The id of an event that brings none, from its Idempotency-Key: a UUID version 8 (RFC 9562 §5.8). A repeat that Redis does
 * not recognise still has the same id, and so the same webhook-id.
 */
export function eventIdOf(scope: Scope, key: string, index: number): string {
  const hex = hash('sha256', textOf(scope, { kind: 'key', key, index }), 'hex')
  const variant = '89ab'[Number.parseInt(hex.slice(15, 16), 16) & 3]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(12, 15)}-${variant}${hex.slice(16, 19)}-${hex.slice(19, 31)}`
}

/** Unambiguous: only the last part may be anything, and none before it can have a line feed. */
function textOf({ keyId, stream }: Scope, identity: Identity): string {
  const start = `${keyId}\n${stream}\n`
  switch (identity.kind) {
    case 'key':
      return `${start}key\n${identity.index}\n${identity.key}`
    case 'event':
      return `${start}event\n${identity.source}\n${identity.id}`
    default:
      return identity satisfies never
  }
}
