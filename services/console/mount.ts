import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Catalog } from '#shared/catalog/catalog.ts'
import { callerOf } from '#shared/http/route-config.ts'
import type { Query, Route, RouteRequest } from './route.ts'
import type { ConsoleTelemetry } from './telemetry.ts'

/** Answers from memory say how old they are once the catalog was not read for this long. */
const staleAfterMs = 5_000

type Options = { catalog: Pick<Catalog, 'staleMs'>; telemetry: Pick<ConsoleTelemetry, 'answered'> }

/** Puts the routes on the server. */
export function mountRoutes(app: FastifyInstance, routes: readonly Route[], { catalog, telemetry }: Options): void {
  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      config: accessOf(route),
      schema: { querystring: querySchema(route) },
      async handler(request, reply) {
        const answer = await route.handle(readRequest(request, route))
        telemetry.answered(route.operationId, answer.status)
        if (route.method === 'GET' && route.scope !== null) reply.headers(ageHeaders(catalog))
        return reply
          .code(answer.status)
          .headers({ ...answer.headers })
          .send(answer.body)
      },
    })
  }
}

function accessOf({ scope }: Route) {
  if (scope === null) return { public: true }
  return scope === 'any' ? {} : { scope }
}

function querySchema({ query = {} }: Route) {
  const members = Object.entries(query).map(([name, schema]) => [name, Type.Optional(schema)])
  return Type.Object(Object.fromEntries(members), { additionalProperties: false })
}

function readRequest(request: FastifyRequest, { scope }: Route): RouteRequest {
  const { headers } = request
  return {
    params: request.params as Record<string, string>,
    query: request.query as Query,
    body: request.body,
    preconditions: { ifMatch: headers['if-match'] ?? null, ifNoneMatch: headers['if-none-match'] ?? null },
    caller: scope === null ? { keyId: '', name: '', scopes: [], rateLimit: null } : callerOf(request),
    client: { address: request.ip, cookie: headers.cookie, isSession: headers.authorization === undefined },
  }
}

function ageHeaders(catalog: Pick<Catalog, 'staleMs'>): Record<string, string> {
  const ageMs = catalog.staleMs()
  if (ageMs < staleAfterMs) return {}
  return Number.isFinite(ageMs) ? { 'tailrace-as-of': new Date(Date.now() - ageMs).toISOString() } : {}
}
