import type { GivenAccess, GivenSecret, StoredAccess } from '#shared/catalog/access-schema.ts'
import { storedMember } from '#shared/catalog/destination-secrets.ts'
import type { Target } from '#shared/catalog/model.ts'
import { mostStaticHeaderBytes, staticHeaderFault } from '#shared/delivery/static-headers.ts'
import { tlsFaults } from '#shared/delivery/tls-material.ts'
import type { FieldFault } from '#shared/errors.ts'
import { escapePointer } from './body.ts'

export type Access = {
  given: GivenAccess
  targets: readonly Pick<Target, 'url'>[]
  /** What the catalog holds; null at creation. */
  known: StoredAccess | null
  /** The text of the private key that stays; null when none does. */
  knownKey: string | null
}

/** What is wrong with headers, authentication and TLS of a destination, as far as a schema cannot say it. */
export function accessFaults(access: Access): FieldFault[] {
  const { given, known } = access
  return [...headerFaults(given.headers), ...authFaults(given.auth, known), ...transportFaults(access)]
}

function headerFaults(headers: GivenAccess['headers']): FieldFault[] {
  const bytes = Object.entries(headers).flat().join('').length
  if (bytes > mostStaticHeaderBytes) {
    const detail = `names and values of headers have ${bytes} characters together`
    return [{ pointer: '/destination/headers', code: 'too-long', detail, fix: `use at most ${mostStaticHeaderBytes}` }]
  }
  const seen = new Set<string>()
  return Object.entries(headers).flatMap(([name, value]): FieldFault[] => {
    const pointer = `/destination/headers/${escapePointer(name.slice(0, 64))}`
    const found = staticHeaderFault(name, value)
    if (found !== null) return [{ pointer, code: found.rule, detail: found.detail, fix: found.fix }]
    const lower = name.toLowerCase()
    if (seen.has(lower)) return [{ pointer, code: 'repeated', detail: `${lower} stands there twice`, fix: 'keep one' }]
    seen.add(lower)
    return []
  })
}

/** Visible ASCII: a token is one word of a header. */
const tokenForm = /^[\x21-\x7e]+$/
/** RFC 7617: no control characters in either, no colon in the user name. */
const passwordForm = /^\P{Cc}*$/u
const usernameForm = /^[^:\p{Cc}]*$/u

function authFaults(auth: GivenAccess['auth'], known: StoredAccess | null): FieldFault[] {
  if (auth === null) return []
  const { kind, token, username, password } = auth
  const own = kind === 'bearer' ? 'token' : 'password'
  const foreign = kind === 'bearer' ? (['username', 'password'] as const) : (['token'] as const)
  const fault = (member: string, code: string, detail: string) => ({
    pointer: `/destination/auth/${member}`,
    code,
    detail,
  })
  const faults = foreign
    .filter((member) => auth[member] !== undefined)
    .map((member) => fault(member, 'not-allowed', `${member} does not belong to ${kind}`))
  const isKept = isMark(auth[own]) && known !== null && storedMember(known, own) !== null
  if (typeof auth[own] !== 'string' && !isKept) faults.push(fault(own, 'missing', `${own} is required for ${kind}`))
  if (typeof token === 'string' && !tokenForm.test(token)) {
    faults.push(fault('token', 'wrong-form', 'token is one word of printable ASCII'))
  }
  if (kind !== 'basic') return faults
  if (username === undefined) faults.push(fault('username', 'missing', 'username is required for basic'))
  else if (!usernameForm.test(username)) {
    faults.push(fault('username', 'wrong-form', 'username has a colon or a control character'))
  }
  if (typeof password === 'string' && !passwordForm.test(password)) {
    faults.push(fault('password', 'wrong-form', 'password has a control character'))
  }
  return faults
}

function transportFaults({ given: { tls }, targets, knownKey }: Access): FieldFault[] {
  const key = keyText(tls.key, knownKey)
  const { certificate, ca } = tls
  if (certificate === null && key === null && ca === null) return markFaults(tls.key)
  const plain = targets.some(({ url }) => !/^https:/i.test(url))
  const faults = tlsFaults({ certificate, key, ca }).map(({ member, rule, detail, fix }) => ({
    ...{ pointer: `/destination/tls/${member}`, code: rule, detail, fix },
  }))
  if (!plain) return faults
  const detail = 'TLS members are of no use while a target is not https'
  return [
    ...faults,
    { pointer: '/destination/tls', code: 'not-allowed', detail, fix: 'use https targets, or clear them' },
  ]
}

const isMark = (value: GivenSecret | null | undefined) => typeof value === 'object' && value?.set === true

const keyText = (key: GivenSecret | null, knownKey: string | null) =>
  typeof key === 'string' ? key : isMark(key) ? knownKey : null

/** An answer's mark of a key that is not there, or that does not open. */
function markFaults(key: GivenSecret | null): FieldFault[] {
  if (!isMark(key)) return []
  return [{ pointer: '/destination/tls/key', code: 'missing', detail: 'there is no key that could stay' }]
}
