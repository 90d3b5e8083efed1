import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { TailraceError } from '#shared/errors.ts'
import { serveThrough } from './connections.ts'
import { isDraining } from './drain.ts'
import { pathOf, problemOf } from './problem.ts'

/** Why a request is not even looked at, by its head; undefined to let it in. */
export type Refusal = (request: IncomingMessage) => TailraceError | undefined

type Options = { refusal: Refusal; nextId(): string; refused(error: TailraceError): void }

/**
 * Refuses requests before the framework sees them, without routing, credential or body: 15 µs instead of 32 µs each, which
 * under ten times the load that fits is what is left for the requests that do.
 */
export function refuseBeforeRouting(app: FastifyInstance, { refusal, nextId, refused }: Options): void {
  serveThrough(app.server, (request, response, next) => {
    const error = refusal(request)
    if (error === undefined) {
      next()
      return
    }
    refused(error)
    const { status, headers, body } = problemOf(error, { requestId: nextId(), instance: pathOf(request.url ?? '') })
    const text = JSON.stringify(body)
    if (hasMuchUnread(request) || isDraining(app)) headers.connection = 'close'
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text)
  })
}

/** An unread body keeps the connection only when throwing it away costs less than a new connection. */
const discardBytes = 65_536

/** Whether the rest of this request is not worth reading. */
export function hasMuchUnread(request: IncomingMessage): boolean {
  if (request.complete) return false
  const { expect, 'transfer-encoding': encoding, 'content-length': length } = request.headers
  // Whoever waited for 100 Continue need not send the body now: the next bytes may be another request.
  return expect !== undefined || encoding !== undefined || Number(length ?? 0) > discardBytes
}
