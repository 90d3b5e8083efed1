import { randomBytes } from 'node:crypto'
import { formatCredential, hashSecret, newCredential, parseCredential, verifySecret } from '#shared/catalog/api-keys.ts'
import type { ApiKey } from '#shared/catalog/model.ts'
import { allows } from '#shared/catalog/scopes.ts'
import { createTokenSigner } from '#shared/catalog/sign-in-tokens.ts'
import { createAuthenticate } from '#shared/http/authenticate.ts'
import { createHttpServer } from '#shared/http/server.ts'
import { defaultLimits } from '#shared/limits.ts'
import { createLogger } from '#shared/observability/log.ts'
import { openSpent } from '#shared/redis/spent.ts'
import type { Console } from '../../../../services/console/context.ts'
import { mountRoutes } from '../../../../services/console/mount.ts'
import type { Route } from '../../../../services/console/route.ts'
import { sessionRoutes } from '../../../../services/console/routes/session.ts'
import { authenticateEither } from '../../../../services/console/session/authenticate.ts'
import { sessionCookie } from '../../../../services/console/session/cookie.ts'
import { countFailedSignIns } from '../../../../services/console/session/failed-sign-ins.ts'
import { openSessions } from '../../../../services/console/session/sessions.ts'

/** Keys that can be revoked, and the master key that all consoles of an installation share. */
export function createKeyRing() {
  const keys = new Map<string, ApiKey>()
  return {
    masterKey: randomBytes(32),
    keys,
    add(scopes: string[], expiresAt: string | null = null) {
      const credential = newCredential()
      const createdAt = new Date().toISOString()
      const secrets = [{ hash: hashSecret(credential), createdAt, validUntil: null }]
      const key = { id: credential.id, name: 'k', scopes, rateLimit: null, expiresAt, createdAt, revision: 1, secrets }
      keys.set(credential.id, key)
      return { id: credential.id, hash: hashSecret(credential), text: formatCredential(credential) }
    },
  }
}

type Options = { consoleUrl?: string; nowMs?: () => number }

/** The door of a console without anything behind it but one route that changes something; requests are injected. */
export function openDoor(ring: ReturnType<typeof createKeyRing>, options: Options = {}) {
  const { consoleUrl = 'http://127.0.0.1:8090', nowMs = Date.now } = options
  const catalog = { key: (id: string) => ring.keys.get(id), catchUp: async () => true, staleMs: () => 0 }
  const spent = openSpent({ redis: { tryRun: async () => null }, prefix: 't.' })
  const parts = {
    catalog,
    sessions: openSessions({ catalog, signer: createTokenSigner(ring.masterKey), spent, nowMs }),
    cookie: sessionCookie(consoleUrl),
    failedSignIns: countFailedSignIns(),
    telemetry: { answered() {}, signedIn() {} },
    audit: { note: async () => {} },
  } as unknown as Console
  const byKey = createAuthenticate({
    ...{ keys: catalog, catchUp: catalog.catchUp, parse: parseCredential },
    verify: (credential, key: ApiKey, now) => verifySecret(credential, key.secrets, now),
  })
  const authenticate = authenticateEither({ ...parts, byKey })
  const app = createHttpServer({
    ...{ log: createLogger('test', { level: 'silent', instance: 'test' }), limits: defaultLimits },
    ...{ bodies: 'json', bodyLimitBytes: 65_536, authenticate, allows },
  })
  mountRoutes(app, [...sessionRoutes(parts), changing], { ...parts, audit: { note: async () => {} }, authenticate })
  return app
}

const changing: Route = {
  ...{ method: 'POST', path: '/v1/change', operationId: 'change', summary: '', tag: 'discovery', scope: 'operate' },
  answers: {},
  handle: ({ caller }) => ({ status: 200, body: { by: caller.keyId } }),
}
