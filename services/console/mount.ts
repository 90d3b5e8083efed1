import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Catalog } from '#shared/catalog/catalog.ts'
import { allows } from '#shared/catalog/scopes.ts'
import { TailraceError } from '#shared/errors.ts'
import type { Caller } from '#shared/http/authenticate.ts'
import { pathOf } from '#shared/http/problem.ts'
import { callerOf } from '#shared/http/route-config.ts'
import type { Audit } from './audit.ts'
import { exportLines, wantsLines } from './export.ts'
import type { Query, Route, RouteRequest } from './route.ts'
import type { ConsoleTelemetry } from './telemetry.ts'

/** Answers from memory say how old they are once the catalog was not read for this long. */
const staleAfterMs = 5_000

type Options = {
  catalog: Pick<Catalog, 'staleMs'>
  telemetry: Pick<ConsoleTelemetry, 'answered'>
  audit: Audit
  authenticate(request: FastifyRequest): Caller | Promise<Caller>
}

/** Puts the routes on the server. */
export function mountRoutes(app: FastifyInstance, routes: readonly Route[], options: Options): void {
  const { catalog, telemetry, audit } = options
  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      config: accessOf(route),
      // The head of an answer without an end.
      exposeHeadRoute: route.answers[200]?.mediaType !== 'text/event-stream',
      schema: { querystring: querySchema(route) },
      async handler(request, reply) {
        const asked = readRequest(request, route, options)
        const isExport = route.isExported === true && wantsLines(request.headers.accept)
        const answer = isExport ? await exportLines(route, asked) : await route.handle(asked)
        telemetry.answered(route.operationId, answer.status)
        if (leavesLine(route, asked)) {
          await audit.note(asked.caller, { action: route.operationId, path: asked.path, status: answer.status })
        }
        if (route.method === 'GET' && route.scope !== null) reply.headers(ageHeaders(catalog))
        return reply
          .code(answer.status)
          .headers({ ...answer.headers })
          .send(answer.body)
      },
    })
  }
}

/** Whoever has no key signs in, and changes nothing by that; a dry run changes nothing at all. */
function leavesLine({ method, scope, isAudited = false }: Route, { body }: RouteRequest): boolean {
  if (scope === null) return false
  const isDry = typeof body === 'object' && body !== null && Reflect.get(body, 'dryRun') === true
  return isAudited || (method !== 'GET' && !isDry)
}

function accessOf({ scope }: Route) {
  if (scope === null) return { public: true }
  return scope === 'any' ? {} : { scope }
}

function querySchema({ query = {} }: Route) {
  const members = Object.entries(query).map(([name, schema]) => [name, Type.Optional(schema)])
  return Type.Object(Object.fromEntries(members), { additionalProperties: false })
}

function readRequest(request: FastifyRequest, { scope }: Route, { authenticate }: Options): RouteRequest {
  const { headers } = request
  return {
    params: request.params as Record<string, string>,
    query: request.query as Query,
    body: request.body,
    path: pathOf(request.url),
    preconditions: { ifMatch: headers['if-match'] ?? null, ifNoneMatch: headers['if-none-match'] ?? null },
    caller: scope === null ? { keyId: '', name: '', scopes: [], rateLimit: null } : callerOf(request),
    client: {
      ...{ address: request.ip, cookie: headers.cookie, isSession: headers.authorization === undefined },
      lastEventId: headers['last-event-id']?.toString(),
      isStillAllowed: () => isAllowed(scope, async () => await authenticate(request)),
    },
  }
}

/** Only a definite no counts: while the keys cannot be read, whoever was let in stays. */
async function isAllowed(scope: Route['scope'], identify: () => Promise<Caller>): Promise<boolean> {
  try {
    const { scopes } = await identify()
    return scope === null || scope === 'any' || allows(scopes, scope)
  } catch (error) {
    return error instanceof TailraceError && error.code !== 'credential-invalid'
  }
}

function ageHeaders(catalog: Pick<Catalog, 'staleMs'>): Record<string, string> {
  const ageMs = catalog.staleMs()
  if (ageMs < staleAfterMs) return {}
  return Number.isFinite(ageMs) ? { 'tailrace-as-of': new Date(Date.now() - ageMs).toISOString() } : {}
}
