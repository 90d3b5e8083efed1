import type { FastifyInstance } from 'fastify'
import { TailraceError } from '#shared/errors.ts'
import { pathOf } from './problem.ts'

type KnownRoute = { pattern: RegExp; methods: string[] }

/** Answers what no route takes: 405 with `Allow` where another method is known, else 404. Register before the routes. */
export function answerUnknownRoutes(app: FastifyInstance): void {
  const routes: KnownRoute[] = []
  app.addHook('onRoute', ({ url, method }) => {
    routes.push({ pattern: patternOf(url), methods: [method].flat() })
  })
  app.setNotFoundHandler((request) => {
    const path = pathOf(request.url)
    const allowed = routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)
    if (allowed.length === 0) throw new TailraceError('not-found', 'No route has this path.')
    const allow = [...new Set(allowed)].sort().join(', ')
    throw new TailraceError('method-not-allowed', `This path takes ${allow}.`, { headers: { allow } })
  })
}

function patternOf(url: string): RegExp {
  const literal = url.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${literal.replaceAll(/:[A-Za-z]+/g, '[^/]+').replaceAll('*', '.*')}$`)
}
