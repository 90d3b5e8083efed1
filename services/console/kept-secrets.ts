import { showAccess } from '#shared/catalog/destination-secrets.ts'
import type { Subscription } from '#shared/catalog/model.ts'
import type { JsonObject } from './body.ts'
import { mergePatch } from './merge-patch.ts'

/**
 * The body of a PUT over the definition it replaces. Everything that a PUT leaves out returns to its default, but not secrets:
 * nobody can read them to send them again. So of `destination.auth` and `destination.tls`, which hold them, what is left out
 * stays and null clears, as in a merge patch.
 */
export function putOver(known: Subscription, body: JsonObject): JsonObject {
  const { destination } = body
  if (!isObject(destination)) return body
  const { auth, tls } = shownFor(known, { kind: 'http', ...destination })
  const kept = { auth: mergeUnlessGone(auth, destination.auth), tls: mergeUnlessGone(tls, destination.tls) }
  return { ...body, destination: { ...destination, ...kept } }
}

/** The definition as answers show it, with a merge patch applied. */
export function patchOver(known: Subscription, patch: JsonObject): JsonObject {
  const destination = { ...known.destination, ...shownFor(known, patch.destination) }
  return mergePatch({ ...known, destination }, patch) as JsonObject
}

/** Another kind of destination, or of authentication, starts from nothing: members of the one before do not belong to it. */
function shownFor({ destination }: Subscription, wanted: unknown) {
  if (isObject(wanted) && wanted.kind !== undefined && wanted.kind !== destination.kind) return noAccess
  const shown = showAccess(destination)
  const asked = isObject(wanted) && isObject(wanted.auth) ? wanted.auth.kind : undefined
  const isOther = asked !== undefined && asked !== shown.auth?.kind
  return { ...shown, auth: isOther ? null : shown.auth }
}

const noAccess = { auth: null, tls: { certificate: null, key: null, ca: null } }

function mergeUnlessGone(shown: unknown, given: unknown): unknown {
  return given === undefined ? shown : mergePatch(shown, given)
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
