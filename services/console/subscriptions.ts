import { isDeepStrictEqual } from 'node:util'
import { createSubscription, writeSecrets } from '#shared/catalog/create-subscription.ts'
import { sealAccess } from '#shared/catalog/destination-secrets.ts'
import type { SigningSecret, Subscription } from '#shared/catalog/model.ts'
import { belongingsOf, recordKey } from '#shared/catalog/record-keys.ts'
import { provideRetryTopic } from '#shared/catalog/retry-topic.ts'
import { newSigningSecret } from '#shared/catalog/signing-secrets.ts'
import { targetNames } from '#shared/catalog/target-names.ts'
import type { TargetAccess } from '#shared/delivery/access.ts'
import { TailraceError } from '#shared/errors.ts'
import { bodyInvalid, type JsonObject, requireObject } from './body.ts'
import { type Console, change } from './context.ts'
import { requireTopic } from './destination-topic.ts'
import { patchOver, putOver } from './kept-secrets.ts'
import { type Preconditions, requirePreconditions } from './preconditions.ts'
import { immutable, type Put, requireName, requireStream, unknownName } from './streams.ts'
import { type CheckedDefinition, readSubscription } from './subscription-body.ts'

export type SubscriptionChange = { name: string; preconditions: Preconditions }

/** `secret`: the signing secret of a subscription that was just created, null otherwise. */
export type PutSubscription = Put<Subscription> & { secret: SigningSecret | null }

/** Creates the subscription or replaces its definition; its retry topic is there, and as it must be, when this resolves. */
export function putSubscription(console: Console, { name, preconditions }: SubscriptionChange, body: unknown) {
  return change(console, async (): Promise<PutSubscription> => {
    const known = console.catalog.subscription(name)
    requirePreconditions(preconditions, known?.revision ?? null)
    if (known === undefined) return await create(console, name, requireObject(body))
    const next = putOver(known, requireObject(body))
    return { created: false, resource: await replace(console, known, next), secret: null }
  })
}

/** Changes the members that the merge patch names. */
export function patchSubscription(console: Console, { name, preconditions }: SubscriptionChange, patch: unknown) {
  return change(console, async (): Promise<Subscription> => {
    const known = requireSubscription(console, name)
    requirePreconditions(preconditions, known.revision)
    return await replace(console, known, patchOver(known, requireObject(patch)))
  })
}

/** Removes the subscription; its runners stop when they see that, and then its group and its retry topic go too. */
export function deleteSubscription(console: Console, { name, preconditions }: SubscriptionChange): Promise<void> {
  return change(console, async () => {
    const { uid, revision, group, retryTopic } = requireSubscription(console, name)
    requirePreconditions(preconditions, revision)
    await console.catalog.write(recordKey.subscription(uid), null)
    console.removal.removeLater({ group, retryTopic })
    console.telemetry.changed('subscription', 'deleted', name)
    await forget(console, uid)
  })
}

/** It is gone already: what cannot be removed now is found by the next sweep. */
async function forget({ catalog, log }: Console, uid: string): Promise<void> {
  try {
    for (const key of belongingsOf(uid)) if (catalog.has(key)) await catalog.write(key, null)
  } catch (error) {
    log.warn({ err: error, uid }, 'records of a deleted subscription are left; a sweep removes them')
  }
}

/** Stops deliveries or lets them go on. Resuming also puts targets back in that were taken out. */
export function setPaused(console: Console, name: string, paused: boolean): Promise<Subscription> {
  return change(console, async () => {
    const known = requireSubscription(console, name)
    const state = console.catalog.state(known.uid)
    const isAnyGone = (state?.gone ?? []).some(({ at }) => at > (known.resumedAt ?? ''))
    const tookItselfOut = (state?.reason ?? null) !== null || isAnyGone
    if (known.paused === paused && (paused || !tookItselfOut)) return known
    const now = new Date().toISOString()
    return await write(console, known, { ...known, paused, ...(paused ? {} : { resumedAt: now }) })
  })
}

/** Holds it until it is released, whatever its targets answer. */
export function hold(console: Console, name: string): Promise<Subscription> {
  return change(console, async () => {
    const known = requireSubscription(console, name)
    if (known.heldAt !== null) return known
    return await write(console, known, { ...known, heldAt: new Date().toISOString() })
  })
}

/** Ends every hold at once, also one that its failing targets or their Retry-After began: an operator knows that they are back. */
export function release(console: Console, name: string): Promise<Subscription> {
  return change(console, async () => {
    const known = requireSubscription(console, name)
    return await write(console, known, { ...known, heldAt: null, releasedAt: new Date().toISOString() })
  })
}

/** The subscription of that name, or `subscription-unknown` naming the nearest one. */
export function requireSubscription({ catalog }: Pick<Console, 'catalog'>, name: string): Subscription {
  const known = catalog.subscription(name)
  if (known !== undefined) return known
  throw new TailraceError('subscription-unknown', unknownName('subscription', name, catalog.subscriptions()))
}

async function create(console: Console, name: string, body: JsonObject): Promise<PutSubscription> {
  requireName(name)
  const { egress, limits } = console
  const checked = readSubscription(body, { egress, limits, known: null, access: null })
  const stream = console.catalog.stream(checked.definition.stream)
  if (stream === undefined) throw noSuchStream(console, checked.definition.stream)
  requireRoom(console)
  await requireTopic(console, checked.definition, stream)
  const made = await createSubscription(console, { ...checked, name, stream })
  console.telemetry.changed('subscription', 'created', name)
  return { created: true, resource: made.subscription, secret: made.secret }
}

async function replace(console: Console, known: Subscription, body: JsonObject): Promise<Subscription> {
  const absent = (['stream', 'from'] as const).filter((member) => body[member] === undefined || body[member] === null)
  const kept = Object.fromEntries(absent.map((member) => [member, known[member]]))
  const { egress, limits } = console
  const surroundings = { egress, limits, known, access: accessOf(console, known) }
  const { definition, signingSecret } = readSubscription({ ...body, ...kept }, surroundings)
  if (definition.stream !== known.stream) throw immutable('stream', known.stream)
  if (definition.from !== known.from) throw immutable('from', known.from)
  if (definition.destination.topic !== known.destination.topic) {
    await requireTopic(console, definition, requireStream(console, known.stream))
  }
  await provideRetryTopic(console, { source: requireStream(console, known.stream).topic, name: known.retryTopic })
  const sealed = sealAccess(definition.destination, known.destination, { box: console.box, uid: known.uid })
  const next = { ...known, ...definition, destination: { ...definition.destination, ...sealed } }
  const replaced = isDeepStrictEqual(next, known) ? known : await writeChanged(console, known, next)
  // Last: a refused definition must not leave a new secret behind.
  await importSecret(console, known, signingSecret)
  return replaced
}

function writeChanged(console: Console, known: Subscription, next: Subscription): Promise<Subscription> {
  const backIn = isDeepStrictEqual(targetNames(next), targetNames(known)) && !(known.paused && !next.paused)
  return write(console, known, backIn ? next : { ...next, resumedAt: new Date().toISOString() })
}

async function write(console: Console, known: Subscription, next: Subscription): Promise<Subscription> {
  const record = { ...next, updatedAt: new Date().toISOString() }
  const revision = await console.catalog.write(recordKey.subscription(known.uid), record)
  console.telemetry.changed('subscription', 'changed', known.name)
  return { ...record, revision }
}

/** What is in use now; null when this master key does not open it: then what should stay has to be given again. */
function accessOf({ catalog }: Console, known: Subscription): TargetAccess | null {
  try {
    return catalog.access(known)
  } catch {
    return null
  }
}

/** A definition may carry the secret; another one than the current takes its place at once. */
async function importSecret(console: Console, { uid }: Subscription, imported: CheckedDefinition['signingSecret']) {
  if (imported === null) return
  const now = new Date().toISOString()
  const current = console.catalog.signingSecrets(uid)[0] ?? newSigningSecret(now)
  const next = { ...current, ...imported, createdAt: now }
  const isKnown = next.secret.equals(current.secret) && next.privateKey.equals(current.privateKey)
  if (!isKnown) await writeSecrets(console, uid, [next])
}

function noSuchStream({ catalog }: Console, stream: string): TailraceError {
  const detail = unknownName('stream', stream, catalog.streams())
  return bodyInvalid([{ pointer: '/stream', code: 'stream-unknown', detail, fix: 'create the stream first' }])
}

function requireRoom({ catalog, limits }: Console): void {
  const limit = limits.TAILRACE_LIMIT_SUBSCRIPTIONS
  if (catalog.subscriptions().length < limit) return
  throw new TailraceError('limit-reached', `TAILRACE_LIMIT_SUBSCRIPTIONS is ${limit} and there are as many`)
}
