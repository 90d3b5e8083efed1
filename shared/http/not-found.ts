import type { FastifyInstance, FastifyRequest } from 'fastify'
import { TailraceError } from '#shared/errors.ts'
import { pathOf } from './problem.ts'

type KnownRoute = { pattern: RegExp; methods: string[] }

/**
 * Refuses what no route takes: 405 with `Allow` where another method is known, else 404. Before the body, which would be
 * judged for a route that does not exist. Register before the routes, behind the hook that asks for a credential.
 */
export function answerUnknownRoutes(app: FastifyInstance): void {
  const routes: KnownRoute[] = []
  const refusalOf = (request: FastifyRequest) => {
    const path = pathOf(request.url)
    const allowed = routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)
    if (allowed.length === 0) return new TailraceError('not-found', 'No route has this path.')
    const allow = [...new Set(allowed)].sort().join(', ')
    return new TailraceError('method-not-allowed', `This path takes ${allow}.`, { headers: { allow } })
  }
  app.addHook('onRoute', ({ url, method }) => {
    routes.push({ pattern: patternOf(url), methods: [method].flat() })
  })
  app.addHook('onRequest', (request, _reply, done) => done(request.is404 ? refusalOf(request) : undefined))
}

function patternOf(url: string): RegExp {
  const literal = url.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${literal.replaceAll(/:[A-Za-z]+/g, '[^/]+').replaceAll('*', '.*')}$`)
}
