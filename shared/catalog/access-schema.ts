import { type TSchema, Type } from 'typebox'
import { shortestConcealed } from '#shared/delivery/conceal.ts'
import { longestHeaderValue, mostStaticHeaders } from '#shared/delivery/static-headers.ts'
import type { TargetAuth, TargetTls } from './model.ts'
import { nullable, time } from './schema.ts'

/** What stands in an answer for a secret that is set; sent back, it means that the secret stays. */
export type SecretMark = { set: boolean; updatedAt?: string }

/** A secret member as a body gives it. */
export type GivenSecret = string | SecretMark

/** Headers, authentication and TLS as a body gives them. */
export type GivenAccess = {
  headers: Record<string, string>
  auth: { kind: TargetAuth['kind']; token?: GivenSecret; username?: string; password?: GivenSecret } | null
  tls: { certificate: string | null; key: GivenSecret | null; ca: string | null }
}

/** The same as the catalog holds it. */
export type StoredAccess = { headers: Record<string, string>; auth: TargetAuth | null; tls: TargetTls }

/** The same as answers show it. */
export type ShownAccess = {
  headers: Record<string, string>
  auth: { kind: TargetAuth['kind']; token?: SecretMark; username?: string; password?: SecretMark } | null
  tls: { certificate: string | null; key: SecretMark | null; ca: string | null }
}

const longestSecret = 8_192
const longestPem = 65_536

const mark = { set: Type.Boolean(), updatedAt: Type.Optional(time('When it was last set.')) }
const writeOnly = 'Write-only: left out it stays, null clears it.'

/** A secret in a body: its text, long enough to be told from ordinary words, or what an answer shows in its place. */
const given = (maxLength: number) =>
  Type.Unsafe<GivenSecret>({
    ...Type.Object(mark, { additionalProperties: false, description: writeOnly }),
    type: ['string', 'object'],
    ...{ minLength: shortestConcealed, maxLength },
  })

const shown = () => Type.Unsafe<SecretMark>(Type.Object({ ...mark, updatedAt: time('When it was last set.') }))

const stored = () =>
  Type.Object({ keyId: Type.String(), sealed: Type.String(), updatedAt: time('When it was last set.') })

export const givenAccess = membersOf<GivenAccess>(given)
export const storedAccess = membersOf<StoredAccess>(stored)
export const shownAccess = membersOf<ShownAccess>(shown)

/** Members of a destination; `secret` makes the schema of a secret of at most so many characters. */
function membersOf<Access extends GivenAccess | StoredAccess | ShownAccess>(secret: (maxLength: number) => TSchema) {
  const pem = (description: string) => nullable(Type.String({ maxLength: longestPem, description }))
  const secretOrNull = { ...secret(longestPem) } as { type: string | string[] } & TSchema
  const headers = Type.Record(Type.String(), Type.String({ maxLength: longestHeaderValue }), {
    default: {},
    maxProperties: mostStaticHeaders,
    description: 'Sent with every request and shown in answers. Names that Tailrace sets itself are refused.',
  })
  const auth = Type.Object(
    {
      kind: Type.Enum(['bearer', 'basic']),
      token: Type.Optional(secret(longestSecret)),
      username: Type.Optional(Type.String({ maxLength: 1_024, description: 'Of basic; no colon.' })),
      password: Type.Optional(secret(longestSecret)),
    },
    { description: 'bearer with token, or basic with username and password.' },
  )
  const tls = Type.Object(
    {
      certificate: pem('The client certificate, its chain behind it, in PEM.'),
      key: { ...secretOrNull, type: [secretOrNull.type, 'null'].flat(), default: null },
      ca: pem('Trusted instead of the public authorities, in PEM.'),
    },
    { default: {}, description: 'For https targets only.' },
  )
  return {
    headers: Type.Unsafe<Access['headers']>(headers),
    auth: Type.Unsafe<Access['auth']>(nullable(auth)),
    tls: Type.Unsafe<Access['tls']>(tls),
  }
}
