import { Type } from 'typebox'
import { formatCredential, hashSecret, newCredential, newKeySecret } from '#shared/catalog/api-keys.ts'
import { keyDefinition } from '#shared/catalog/key-schema.ts'
import type { ApiKey } from '#shared/catalog/model.ts'
import { recordKey } from '#shared/catalog/record-keys.ts'
import { allows } from '#shared/catalog/scopes.ts'
import { TailraceError } from '#shared/errors.ts'
import type { Caller } from '#shared/http/authenticate.ts'
import { type BodyKind, readBody, requireObject } from './body.ts'
import { type Console, change } from './context.ts'
import { mergePatch } from './merge-patch.ts'
import { type Preconditions, requirePreconditions } from './preconditions.ts'

const keyBody: BodyKind<typeof keyDefinition> = {
  schema: keyDefinition,
  readOnly: ['id', 'createdAt', 'lastUsedAt', 'revision', 'secrets', 'secret'],
}

export const keyRotation = Type.Object({
  overlapMs: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 30 * 86_400_000,
    description: 'How long the previous secret still counts.',
  }),
})

const rotationBody: BodyKind<typeof keyRotation> = { schema: keyRotation, readOnly: [] }

export type KeyChange = { id: string; preconditions: Preconditions; caller: Caller }
/** `secret`: the whole credential, to be shown once. */
export type NewKey = { key: ApiKey; secret: string }

/** Makes a key that may do at most what its maker may. */
export function createKey(console: Console, caller: Caller, body: unknown): Promise<NewKey> {
  return change(console, async () => {
    const definition = readBody(body, keyBody)
    requireGrantable(caller, definition.scopes)
    const credential = newCredential()
    const createdAt = new Date().toISOString()
    const secrets = [{ hash: hashSecret(credential), createdAt, validUntil: null }]
    const key = { ...definition, id: credential.id, createdAt, secrets }
    const revision = await console.catalog.write(recordKey.apiKey(credential.id), key)
    console.telemetry.changed('key', 'created', credential.id)
    return { key: { ...key, revision }, secret: formatCredential(credential) }
  })
}

/** Changes name, scopes, rate limit or expiry. */
export function patchKey(console: Console, { id, preconditions, caller }: KeyChange, patch: unknown): Promise<ApiKey> {
  return change(console, async () => {
    const known = requireKey(console, id)
    requirePreconditions(preconditions, known.revision)
    const definition = readBody(mergePatch(known, requireObject(patch)), keyBody)
    const added = definition.scopes.filter((scope) => !known.scopes.includes(scope))
    requireGrantable(caller, added)
    const next = { ...known, ...definition }
    if (!managesForGood(next)) requireOtherManager(console, id)
    return await write(console, known, next)
  })
}

/** Revokes the key, in every process within a second. */
export function deleteKey(console: Console, { id, preconditions }: KeyChange): Promise<void> {
  return change(console, async () => {
    const known = requireKey(console, id)
    requirePreconditions(preconditions, known.revision)
    if (known.scopes.includes('manage')) requireOtherManager(console, id)
    await console.catalog.write(recordKey.apiKey(id), null)
    console.telemetry.changed('key', 'deleted', id)
  })
}

/** Gives the key a new secret under the same id; whoever rotates could have made the key. */
export function rotateKey(console: Console, { id, preconditions, caller }: KeyChange, body: unknown): Promise<NewKey> {
  return change(console, async () => {
    const { overlapMs } = readBody(body ?? {}, rotationBody)
    const known = requireKey(console, id)
    requirePreconditions(preconditions, known.revision)
    requireGrantable(caller, known.scopes)
    const credential = { id, secret: newKeySecret() }
    const now = Date.now()
    const fresh = { hash: hashSecret(credential), createdAt: new Date(now).toISOString(), validUntil: null }
    const validUntil = new Date(now + overlapMs).toISOString()
    const previous = overlapMs === 0 ? [] : known.secrets.slice(0, 1).map((old) => ({ ...old, validUntil }))
    const key = await write(console, known, { ...known, secrets: [fresh, ...previous] })
    return { key, secret: formatCredential(credential) }
  })
}

/** The key of that id, or `not-found`. */
export function requireKey({ catalog }: Pick<Console, 'catalog'>, id: string): ApiKey {
  const key = catalog.key(id)
  if (key === undefined) throw new TailraceError('not-found', `there is no key ${id.slice(0, 64)}`)
  return key
}

async function write(console: Console, known: ApiKey, next: ApiKey): Promise<ApiKey> {
  const revision = await console.catalog.write(recordKey.apiKey(known.id), next)
  console.telemetry.changed('key', 'changed', known.id)
  return { ...next, revision }
}

function requireGrantable(caller: Caller, scopes: readonly string[]): void {
  const lacking = scopes.filter((scope) => !allows(caller.scopes, scope))
  if (lacking.length === 0) return
  throw new TailraceError('scope-missing', `a key cannot grant what it lacks: ${lacking.join(', ')}`)
}

/** A manage key that expires would leave nobody behind one day. */
const managesForGood = (key: ApiKey) => key.scopes.includes('manage') && key.expiresAt === null

function requireOtherManager({ catalog }: Console, id: string): void {
  if (catalog.keys().some((key) => key.id !== id && managesForGood(key))) return
  throw new TailraceError('last-manage-key', `${id} is the last key with scope manage that does not expire`)
}
