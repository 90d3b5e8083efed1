import { Type } from 'typebox'
import { nullable, time } from '#shared/catalog/schema.ts'
import { TailraceError } from '#shared/errors.ts'
import { type BodyKind, bodyInvalid, readBody } from '../body.ts'
import type { Console } from '../context.ts'
import type { Route, RouteRequest } from '../route.ts'
import { type Proof, type Session, sessionLifeMs } from '../session/sessions.ts'

const path = '/v1/session'
const tag = 'discovery'

const session = Type.Object({
  keyId: Type.String({ description: 'The API key that is signed in.' }),
  name: Type.String(),
  scopes: Type.Array(Type.String()),
  expiresAt: nullable(time('When the session is over at the latest; of a key, when it expires.')),
})

const signIn = Type.Object({
  key: Type.Optional(Type.String({ maxLength: 256, description: 'tr_<id>_<secret>' })),
  ticket: Type.Optional(Type.String({ maxLength: 256, description: 'What a one-time link has behind #ticket=.' })),
})

const signInBody: BodyKind<typeof signIn> = { schema: signIn, readOnly: [] }

export function sessionRoutes(console: Console): Route[] {
  const { sessions, cookie } = console
  return [
    {
      ...{ method: 'POST', path, operationId: 'signIn', tag, scope: null },
      summary: 'Sign a browser in with a key, or with the ticket of a one-time link; answers with a cookie',
      body: signIn,
      answers: { 200: { description: 'Signed in.', schema: session } },
      refusals: [401, 429],
      handle: (request) => open(console, request),
    },
    {
      ...{ method: 'GET', path, operationId: 'getSession', tag, scope: 'any' },
      summary: 'Who is signed in, and what they may do',
      answers: { 200: { description: 'The key of this request.', schema: session } },
      handle: async (request) => ({ status: 200, body: await describe(console, request) }),
    },
    {
      ...{ method: 'DELETE', path, operationId: 'signOut', tag, scope: 'any' },
      summary: 'End the session of this cookie, everywhere within 5 s',
      answers: { 204: { description: 'It is over.' } },
      async handle({ client }) {
        const token = cookie.find(client.cookie)
        if (token !== undefined) await sessions.end(token)
        return { status: 204, headers: { 'set-cookie': cookie.clear() } }
      },
    },
  ]
}

async function open({ sessions, cookie, failedSignIns, telemetry }: Console, { body, client }: RouteRequest) {
  const { address } = client
  failedSignIns.refuseAfterTooMany(address)
  const proof = readProof(body)
  try {
    const { token, session } = await sessions.open(proof)
    telemetry.signedIn({ keyId: session.key.id, address })
    return { status: 200, body: sessionAnswer(session), headers: { 'set-cookie': cookie.set(token, sessionLifeMs) } }
  } catch (error) {
    if (error instanceof TailraceError && error.code === 'credential-invalid') {
      failedSignIns.failed(address)
      telemetry.signedIn({ keyId: null, address })
    }
    throw error
  }
}

function readProof(body: unknown): Proof {
  const { key, ticket } = readBody(body, signInBody)
  if (key !== undefined && ticket === undefined) return { key }
  if (ticket !== undefined && key === undefined) return { ticket }
  throw bodyInvalid([{ pointer: '/key', code: 'missing', detail: 'one of key and ticket is required, and only one' }])
}

async function describe({ catalog, cookie, sessions }: Console, { caller, client }: RouteRequest) {
  const token = client.isSession ? cookie.find(client.cookie) : undefined
  if (token !== undefined) return sessionAnswer(await sessions.find(token))
  const { keyId, name, scopes } = caller
  return { keyId, name, scopes, expiresAt: catalog.key(keyId)?.expiresAt ?? null }
}

/** A key may end before its sessions would. */
function sessionAnswer({ key: { id: keyId, name, scopes, expiresAt }, expiresAtMs }: Session) {
  const endsAtMs = Math.min(expiresAtMs, expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt))
  return { keyId, name, scopes, expiresAt: new Date(endsAtMs).toISOString() }
}
