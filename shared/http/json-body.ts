import type { FastifyInstance } from 'fastify'
import { TailraceError } from '#shared/errors.ts'
import { scanJson } from '#shared/event/json-scan.ts'
import type { Limits } from '#shared/limits.ts'

const jsonTypes = ['application/json', 'application/merge-patch+json']

/** Lets routes take JSON bodies, within the limits and with the position of a fault; an empty body is undefined. */
export function acceptJson(app: FastifyInstance, limits: Limits): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(jsonTypes, { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJson(body as Buffer, limits))
    } catch (error) {
      done(error as Error)
    }
  })
}

function parseJson(body: Buffer, limits: Limits): unknown {
  if (body.length === 0) return undefined
  const scan = scanJson(body, { depth: limits.TAILRACE_LIMIT_JSON_DEPTH, members: limits.TAILRACE_LIMIT_JSON_MEMBERS })
  if (scan.ok) return JSON.parse(body.toString('utf8'), refusePrototype)
  const errors = [{ code: scan.fault.code, detail: scan.fault.detail }]
  throw new TailraceError('body-invalid', `The body is no valid JSON: ${scan.fault.detail}.`, { errors })
}

function refusePrototype(name: string, value: unknown): unknown {
  if (name !== '__proto__') return value
  const errors = [{ code: 'name-invalid', detail: '__proto__ is no member name' }]
  throw new TailraceError('body-invalid', 'A member name is not allowed.', { errors })
}
