import type { ShownAccess } from '#shared/catalog/access-schema.ts'
import { showAccess } from '#shared/catalog/destination-secrets.ts'
import type { Subscription } from '#shared/catalog/model.ts'
import type { JsonObject } from './body.ts'
import { mergePatch } from './merge-patch.ts'

/**
 * The body of a PUT over the definition it replaces. Everything that a PUT leaves out returns to its default, but not secrets:
 * nobody can read them to send them again. So the token, the password and the key stay where they are left out, and null
 * clears them. What stands beside them (user name, certificate, authority) is for the PUT to say.
 */
export function putOver(known: Subscription, body: JsonObject): JsonObject {
  const { destination } = body
  if (!isObject(destination)) return body
  const shown = shownFor(known, { kind: 'http', ...destination })
  const kept = { auth: keptAuth(shown.auth, destination.auth), tls: keptTls(shown.tls.key, destination.tls) }
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

/** Whoever leaves all of it out keeps the secret, and with it the kind that the secret is of. */
function keptAuth(shown: ShownAccess['auth'], given: unknown): unknown {
  if (shown === null || (given !== undefined && !isObject(given))) return given
  const secret = shown.kind === 'bearer' ? { token: shown.token } : { password: shown.password }
  return mergePatch(secret, given ?? { kind: shown.kind })
}

function keptTls(key: ShownAccess['tls']['key'], given: unknown): unknown {
  if (key === null || (given !== undefined && !isObject(given))) return given
  return mergePatch({ key }, given ?? {})
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
