import type { FastifyRequest } from 'fastify'
import { type ErrorCode, TailraceError } from '#shared/errors.ts'
import type { Caller } from './authenticate.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Needs no credential. */
    public?: boolean
    /** The scope the caller needs. */
    scope?: string | ((request: FastifyRequest) => string)
    /** The code of a body over the limit; default `request-too-large`. */
    tooLarge?: ErrorCode
  }
  interface FastifyRequest {
    /** Set before a handler runs, on every route that is not public. */
    caller: Caller | null
  }
}

/** The caller of a route that needs a credential. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new TailraceError('internal', 'The route is public and has no caller.')
  return request.caller
}

/** The scope this request needs, if its route asks for one. */
export function scopeOf(request: FastifyRequest): string | undefined {
  const { scope } = request.routeOptions.config
  return typeof scope === 'function' ? scope(request) : scope
}
