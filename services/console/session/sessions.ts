import { hashSecret, parseCredential, verifySecret } from '#shared/catalog/api-keys.ts'
import type { Catalog } from '#shared/catalog/catalog.ts'
import type { ApiKey } from '#shared/catalog/model.ts'
import { parseToken, type SignInToken, type TokenKind, type TokenSigner } from '#shared/catalog/sign-in-tokens.ts'
import { TailraceError } from '#shared/errors.ts'
import type { Caller } from '#shared/http/authenticate.ts'
import type { Spent } from '#shared/redis/spent.ts'

/** How long a session lasts: a working day. */
export const sessionLifeMs = 12 * 3_600_000

/** What a request with an unknown key waits at most. */
const catchUpMs = 300

export type Proof = { key: string } | { ticket: string }

/** Who a session stands for, and until when at most. */
export type Session = { key: ApiKey; expiresAtMs: number }

/**
 * Sessions have no store: the cookie is a signed token in the name of one secret of an API key, and each request looks at
 * that key as it is now. States of a token: issued → over (its time, its secret, its key) or spent (ended by its owner; of
 * a ticket, used).
 */
export type Sessions = {
  /** A token for the cookie. Throws `credential-invalid` or `catalog-stale`. */
  open(proof: Proof): Promise<{ token: string; session: Session }>
  /** The session of a cookie, or `credential-invalid`. Without a promise where nobody else has to be asked. */
  find(token: string): Session | Promise<Session>
  /** Ends it, also for who has copied the cookie. */
  end(token: string): Promise<void>
}

type Options = {
  catalog: Pick<Catalog, 'key' | 'catchUp'>
  signer: TokenSigner
  spent: Spent
  nowMs?: () => number
}

export function openSessions({ catalog, signer, spent, nowMs = Date.now }: Options): Sessions {
  const startedAtMs = nowMs()

  const keyOf = async (id: string): Promise<ApiKey> => {
    if (catalog.key(id) === undefined && !(await catalog.catchUp(catchUpMs))) {
      throw new TailraceError('catalog-stale', 'The API keys could not be read just now.')
    }
    return living(catalog.key(id), nowMs())
  }
  const secretOf = (kind: TokenKind, token: SignInToken, key: ApiKey): string => {
    const hash = signer.secretOf(kind, token, key.secrets, nowMs())
    if (hash === undefined) throw invalid()
    return hash
  }
  const ofKey = async (text: string) => {
    const credential = parseCredential(text)
    if (credential === undefined) throw invalid()
    const key = await keyOf(credential.id)
    if (!verifySecret(credential, key.secrets, nowMs())) throw invalid()
    return { key, hash: hashSecret(credential) }
  }
  const ofTicket = async (text: string) => {
    const ticket = requireToken(text)
    const key = await keyOf(ticket.keyId)
    const hash = secretOf('ticket', ticket, key)
    const isFirst = await spent.spend(ticket.id, ticket.expiresAtMs)
    // Nobody can be asked: an older one may have been used before this process began.
    const isNew = isFirst ?? ticket.issuedAtMs >= startedAtMs
    if (!isNew) throw invalid('The link was used already. Print another one with: npx tailrace login')
    return { key, hash }
  }
  const unlessSpent = (token: SignInToken, key: ApiKey): Session | Promise<Session> => {
    // A forged one is refused before anybody is asked about it.
    secretOf('session', token, key)
    const session = { key, expiresAtMs: token.expiresAtMs }
    const refuse = (isSpent: boolean) => {
      if (isSpent) throw invalid()
      return session
    }
    const answer = spent.isSpent(token.id)
    return typeof answer === 'boolean' ? refuse(answer) : answer.then(refuse)
  }
  return {
    async open(proof) {
      const { key, hash } = 'key' in proof ? await ofKey(proof.key) : await ofTicket(proof.ticket)
      const life = { nowMs: nowMs(), lifeMs: sessionLifeMs }
      const token = signer.issue('session', { keyId: key.id, hash }, life)
      return { token, session: { key, expiresAtMs: life.nowMs + life.lifeMs } }
    },
    find(text) {
      const token = requireToken(text)
      const known = catalog.key(token.keyId)
      if (known !== undefined) return unlessSpent(token, living(known, nowMs()))
      return keyOf(token.keyId).then((key) => unlessSpent(token, key))
    },
    async end(text) {
      const token = requireToken(text)
      await spent.spend(token.id, token.expiresAtMs)
    },
  }
}

/** The key as a caller, as `Authorization: Bearer` would make it one. */
export function callerOfSession({ key }: Session): Caller {
  return { keyId: key.id, name: key.name, scopes: key.scopes, rateLimit: key.rateLimit }
}

function requireToken(text: string): SignInToken {
  const token = parseToken(text)
  if (token === undefined) throw invalid()
  return token
}

function living(key: ApiKey | undefined, nowMs: number): ApiKey {
  if (key === undefined || (key.expiresAt !== null && Date.parse(key.expiresAt) <= nowMs)) throw invalid()
  return key
}

const invalid = (detail = 'The credential is unknown, wrong or expired.') =>
  new TailraceError('credential-invalid', detail)
