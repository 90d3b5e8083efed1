import { randomBytes } from 'node:crypto'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { type ErrorCode, TailraceError } from '#shared/errors.ts'
import type { Limits } from '#shared/limits.ts'
import type { Log } from '#shared/observability/log.ts'
import type { Caller } from './authenticate.ts'
import { answerClientError } from './client-error.ts'
import { answerInTurn, capConnections } from './connections.ts'
import { closeWhenDraining } from './drain.ts'
import { hasMuchUnread, type Refusal, refuseBeforeRouting } from './early-refusal.ts'
import { continueWhenRead } from './expect-continue.ts'
import { acceptJson } from './json-body.ts'
import { answerUnknownRoutes } from './not-found.ts'
import { pathOf, problemOf } from './problem.ts'
import { scopeOf } from './route-config.ts'
import { translateError } from './translate.ts'
import { schemaCompiler } from './validation.ts'

export type HttpServerOptions = {
  log: Log
  limits: Limits
  /** What handlers get as body: parsed JSON, or what the content type parser of their own makes of it. */
  bodies: 'own' | 'json'
  bodyLimitBytes: number
  /** Runs before a body is read, for everything under /v1 that is not public. Throws or rejects with a TailraceError. */
  authenticate(request: FastifyRequest): Caller | Promise<Caller>
  /** Whether these scopes include the needed one. */
  allows(scopes: readonly string[], needed: string): boolean
  /** Asked for every request before anything else is done for it. */
  refusal?: Refusal
  /** Hears of what no route hears of: requests that cannot be read, and those that `refusal` refused. */
  refused?(code: ErrorCode): void
}

/**
 * A fastify server with our limits and time-outs, request ids, authentication and scopes, and every refusal (also 404, 405
 * and what is no HTTP) as problem+json. Routes bring schema, handler and `config` (route-config.ts); a handler answers or
 * throws a TailraceError.
 */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const nextId = requestIds()
  const { refusal, refused = () => {} } = options
  const app = fastify({
    ...serverLimits(options.limits),
    bodyLimit: options.bodyLimitBytes,
    genReqId: nextId,
    requestIdHeader: false,
    return503OnClosing: false,
    clientErrorHandler: (error, socket) => {
      const code = answerClientError(error, socket, { requestId: nextId(), limits: options.limits })
      if (code !== undefined) refused(code)
    },
    frameworkErrors: (error, request, reply) => answerError(error, request, reply, options),
  })
  // Twice the bound: room for what is accepted in one turn of the loop, before those that make room are closed.
  app.server.maxConnections = 2 * options.limits.TAILRACE_LIMIT_CONNECTIONS
  app.server.maxHeadersCount = options.limits.TAILRACE_LIMIT_HEADERS
  app.decorateRequest('caller', null)
  app.setValidatorCompiler(schemaCompiler())
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, options))
  if (options.bodies === 'json') acceptJson(app, options.limits)
  else app.removeAllContentTypeParsers()
  closeWhenDraining(app)
  app.addHook('onRequest', (request, _reply, done) => admit(request, options, done))
  answerUnknownRoutes(app)
  if (refusal !== undefined) refuseBeforeRouting(app, { refusal, nextId, refused: ({ code }) => refused(code) })
  continueWhenRead(app.server)
  answerInTurn(app.server)
  capConnections(app.server, options.limits.TAILRACE_LIMIT_CONNECTIONS)
  return app
}

function serverLimits(limits: Limits) {
  return {
    requestTimeout: 10_000,
    // For who reads no answers: longer than any publish may wait for its own (TAILRACE_PUBLISH_DEADLINE_MS, 120 s at most).
    connectionTimeout: 130_000,
    // Longer than the 60 s of usual load balancers, so that they close first and never write into a closing connection.
    keepAliveTimeout: 65_000,
    maxRequestsPerSocket: 100_000,
    routerOptions: { maxParamLength: 512 },
    http: {
      headersTimeout: 5_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: limits.TAILRACE_LIMIT_HEADER_BYTES,
      // node:http answers a missing Host without a body; `admit` does it with a problem.
      requireHostHeader: false,
      // Otherwise the first of several is believed: Host, Content-Type, Authorization. Joined they are what they are, malformed.
      joinDuplicateHeaders: true,
      insecureHTTPParser: false,
    },
  }
}

function requestIds(): () => string {
  const boot = randomBytes(4).toString('hex')
  let count = 0
  return () => {
    count += 1
    return `req_${boot}${count.toString(36)}`
  }
}

type Done = (error?: Error) => void

/** The door: protocol and header count, then credential and scope, all before a byte of the body is read. */
function admit(request: FastifyRequest, options: HttpServerOptions, done: Done): void {
  let caller: Caller | Promise<Caller> | undefined
  try {
    checkHead(request, options.limits)
    const isOpen = request.routeOptions.config.public === true || !isApi(request)
    caller = isOpen ? undefined : options.authenticate(request)
    if (caller !== undefined && !(caller instanceof Promise)) checkScope(request, caller, options)
  } catch (error) {
    done(error as Error)
    return
  }
  if (caller instanceof Promise) caller.then((known) => checkScope(request, known, options)).then(() => done(), done)
  else done()
}

/** By the route that was found: a target may be absolute or percent-encoded and lead there all the same. */
const isApi = ({ routeOptions, url }: FastifyRequest) => (routeOptions.url ?? pathOf(url)).startsWith('/v1/')

function checkHead({ raw }: FastifyRequest, limits: Limits): void {
  if (raw.httpVersion !== '1.1' && raw.httpVersion !== '1.0')
    throw malformed('Only HTTP/1.1 and HTTP/1.0 are spoken here.')
  const { host, 'transfer-encoding': coding } = raw.headers
  if (host === undefined && raw.httpVersion === '1.1') throw malformed('There is no Host header.')
  if (host !== undefined && !isHost.test(host)) throw malformed('The Host header is malformed, or there are several.')
  // node:http undoes `chunked` alone and hands out what another coding leaves.
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') throw malformed('A body is sent chunked or as it is.')
  const most = limits.TAILRACE_LIMIT_HEADERS
  if (raw.rawHeaders.length > 2 * most) {
    throw new TailraceError('headers-too-large', `A request has at most ${most} headers (TAILRACE_LIMIT_HEADERS).`)
  }
}

/** RFC 3986 §3.2.2 and a port; without the comma, which no host has and which joins several headers. */
const isHost = /^[\w.:\-[\]%~!$&'()*+;=]*$/

const malformed = (detail: string) =>
  new TailraceError('request-malformed', detail, { headers: { connection: 'close' } })

function checkScope(request: FastifyRequest, caller: Caller, { allows }: HttpServerOptions): void {
  request.caller = caller
  const needed = scopeOf(request)
  if (needed === undefined || allows(caller.scopes, needed)) return
  throw new TailraceError('scope-missing', `The API key needs the scope ${needed}.`)
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, options: HttpServerOptions): void {
  const { config, bodyLimit } = request.routeOptions
  const limitBytes = bodyLimit ?? options.bodyLimitBytes
  const known = translateError(error, { tooLarge: config.tooLarge ?? 'request-too-large', limitBytes })
  const { status, headers, body } = problemOf(known, { requestId: request.id, instance: pathOf(request.url) })
  if (status === 500)
    options.log.error({ err: error, requestId: request.id, path: pathOf(request.url) }, 'request failed')
  if (hasMuchUnread(request.raw)) reply.header('connection', 'close')
  reply.code(status).headers(headers).serializer(JSON.stringify).send(body)
}
