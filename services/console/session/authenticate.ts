import type { IncomingHttpHeaders } from 'node:http'
import type { Authenticate, Caller } from '#shared/http/authenticate.ts'
import type { SessionCookie } from './cookie.ts'
import { requireOwnPage } from './same-origin.ts'
import { callerOfSession, type Sessions } from './sessions.ts'

type Request = { method: string; url: string; headers: IncomingHttpHeaders }

type Ways = { byKey: Authenticate; cookie: SessionCookie; sessions: Sessions }

/** Takes the session cookie wherever a key would do. A request with both is judged by its key: no browser adds one by itself. */
export function authenticateEither({ byKey, cookie, sessions }: Ways): (request: Request) => Caller | Promise<Caller> {
  return (request) => {
    const token = request.headers.authorization === undefined ? cookie.find(request.headers.cookie) : undefined
    if (token === undefined) return byKey(request)
    requireOwnPage(request)
    const session = sessions.find(token)
    return session instanceof Promise ? session.then(callerOfSession) : callerOfSession(session)
  }
}
