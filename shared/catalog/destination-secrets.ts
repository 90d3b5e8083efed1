import { authorizationOf, type Credentials, type TargetAccess } from '#shared/delivery/access.ts'
import type { GivenAccess, GivenSecret, ShownAccess, StoredAccess } from './access-schema.ts'
import type { SealedMember, TargetAuth } from './model.ts'
import type { SecretBox } from './secrets.ts'

/** Where the secrets of one destination are sealed and opened: a sealed one fits its own member of its own subscription only. */
export type DestinationSeal = { box: SecretBox; uid: string }

type Member = 'token' | 'password' | 'key'

const placeOf = (uid: string, member: Member) => `${uid}/destination/${member}`

/**
 * What the catalog holds of checked access members: texts are sealed, the mark of an answer stands for what `known` holds. A
 * text that `known` holds already stays as it is sealed, so writing the same definition again changes nothing.
 */
export function sealAccess(given: GivenAccess, known: StoredAccess | null, seal: DestinationSeal): StoredAccess {
  const secret = (member: Member, value: GivenSecret | null | undefined): SealedMember | null => {
    const present = known === null ? null : storedMember(known, member)
    if (typeof value !== 'string') return value?.set === true ? present : null
    return present !== null && textOf(seal, member, present) === value ? present : sealed(seal, member, value)
  }
  const { certificate, key, ca } = given.tls
  return {
    headers: given.headers,
    auth: sealAuth(given.auth, secret),
    tls: { certificate, key: secret('key', key), ca },
  }
}

/** Everything in the clear, for requests. Throws an Error that names the member and why it does not open. */
export function openAccess({ headers, auth, tls }: StoredAccess, seal: DestinationSeal): TargetAccess {
  const open = (member: Member, value: SealedMember) => {
    try {
      return seal.box.open(placeOf(seal.uid, member), value).toString()
    } catch (error) {
      throw new Error(`${member} of the destination: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      })
    }
  }
  const credentials = auth === null ? null : credentialsOf(auth, open)
  const own = Object.entries(headers).flat()
  const key = tls.key === null ? null : open('key', tls.key)
  return {
    headers: credentials === null ? own : [...own, 'authorization', authorizationOf(credentials)],
    tls: { certificate: tls.certificate, key, ca: tls.ca },
    secrets: credentials === null ? [] : textsOf(credentials),
  }
}

/** The same as answers show it: whether a secret is set and since when, never what it is. */
export function showAccess({ headers, auth, tls }: StoredAccess): ShownAccess {
  const mark = ({ updatedAt }: SealedMember) => ({ set: true, updatedAt })
  return {
    headers,
    auth: auth === null ? null : showAuth(auth, mark),
    tls: { ...tls, key: tls.key === null ? null : mark(tls.key) },
  }
}

/** Whether the catalog holds this secret member. */
export function storedMember({ auth, tls }: StoredAccess, member: Member): SealedMember | null {
  if (member === 'key') return tls.key
  if (auth === null) return null
  if (auth.kind === 'bearer') return member === 'token' ? auth.token : null
  return member === 'password' ? auth.password : null
}

function sealAuth(
  auth: GivenAccess['auth'],
  secret: (member: Member, value: GivenSecret | undefined) => SealedMember | null,
): TargetAuth | null {
  if (auth === null) return null
  if (auth.kind === 'bearer') {
    const token = secret('token', auth.token)
    return token === null ? null : { kind: 'bearer', token }
  }
  const password = secret('password', auth.password)
  return password === null ? null : { kind: 'basic', username: auth.username ?? '', password }
}

function sealed({ box, uid }: DestinationSeal, member: Member, text: string): SealedMember {
  return { ...box.seal(placeOf(uid, member), Buffer.from(text)), updatedAt: new Date().toISOString() }
}

/** Null when this master key does not open it: then whatever is given is new. */
function textOf({ box, uid }: DestinationSeal, member: Member, present: SealedMember): string | null {
  try {
    return box.open(placeOf(uid, member), present).toString()
  } catch {
    return null
  }
}

function credentialsOf(auth: TargetAuth, open: (member: Member, value: SealedMember) => string): Credentials {
  if (auth.kind === 'bearer') return { kind: 'bearer', token: open('token', auth.token) }
  return { kind: 'basic', username: auth.username, password: open('password', auth.password) }
}

/** The secret itself, and the form in which it goes over the wire. */
function textsOf(credentials: Credentials): string[] {
  const secret = credentials.kind === 'bearer' ? credentials.token : credentials.password
  const sent = authorizationOf(credentials).split(' ')[1] ?? secret
  return [...new Set([secret, sent])]
}

function showAuth(auth: TargetAuth, mark: (member: SealedMember) => { set: boolean; updatedAt: string }) {
  if (auth.kind === 'bearer') return { kind: auth.kind, token: mark(auth.token) }
  return { kind: auth.kind, username: auth.username, password: mark(auth.password) }
}
