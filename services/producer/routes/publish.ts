import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { TailraceError } from '#shared/errors.ts'
import { eventForm } from '#shared/event/form.ts'
import type { EventRequest } from '#shared/event/from-http.ts'
import { callerOf } from '#shared/http/route-config.ts'
import type { Limits } from '#shared/limits.ts'
import type { InFlight } from '../in-flight.ts'
import type { Publish } from '../publish.ts'
import { outcomeOf, type ProducerTelemetry } from '../telemetry.ts'

type Params = { stream: string }
type Query = EventRequest['query']

const published = Type.Object({
  id: Type.String(),
  source: Type.String(),
  webhookId: Type.String(),
  stream: Type.String(),
  partition: Type.Integer(),
  offset: Type.Integer(),
  position: Type.String(),
  replayed: Type.Boolean(),
  subscriptions: Type.Integer(),
})

const query = Type.Object(
  {
    type: Type.Optional(Type.String({ description: 'Type of a plain event.' })),
    key: Type.Optional(Type.String({ description: 'What order is kept by.' })),
    subject: Type.Optional(Type.String({ description: 'Subject of a plain event.' })),
  },
  { additionalProperties: false },
)

export type PublishRouteOptions = { publish: Publish; inFlight: InFlight; telemetry: ProducerTelemetry; limits: Limits }

/** `POST /v1/streams/{stream}/events`: one event, in any of its single forms. */
export function publishRoute(
  app: FastifyInstance,
  { publish, inFlight, telemetry, limits }: PublishRouteOptions,
): void {
  app.route<{ Params: Params; Querystring: Query; Body: Buffer | undefined }>({
    method: 'POST',
    url: '/v1/streams/:stream/events',
    bodyLimit: limits.TAILRACE_LIMIT_EVENT_BYTES,
    schema: { querystring: query, response: { 202: published } },
    config: { scope: (request) => `publish:${(request.params as Params).stream}`, tooLarge: 'event-too-large' },
    onRequest: (request, reply, done) => {
      try {
        refuseEarly(request)
        reply.raw.once('close', inFlight.admit(announcedBytes(request)))
      } catch (error) {
        done(error as Error)
        return
      }
      done()
    },
    onError: (_request, _reply, error, done) => {
      telemetry.refused(outcomeOf(error))
      done()
    },
    onRequestAbort: (_request, done) => {
      telemetry.refused('aborted')
      done()
    },
    handler: async (request, reply) => {
      const { keyId, name: keyName } = callerOf(request)
      const { headers, rawHeaders } = request.raw
      const event = { headers, rawHeaders, query: request.query, body: request.body ?? empty }
      const { published: answer, dedup } = await publish({ stream: request.params.stream, keyId, keyName, event })
      reply.code(202).header('tailrace-dedup', dedup)
      if (answer.replayed) reply.header('idempotent-replayed', 'true')
      return answer
    },
  })
}

const empty = Buffer.alloc(0)

/** What headers alone decide is refused before the body is read. */
function refuseEarly({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    throw new TailraceError(
      'encoding-unsupported',
      'Compressed bodies are not built in this version. Send it as it is.',
    )
  }
  if (headers['content-type'] !== undefined) eventForm(headers['content-type'])
}

/** A chunked body announces nothing and counts as an average event until it is there. */
const unannouncedBytes = 16_384

function announcedBytes({ headers }: FastifyRequest): number {
  const length = headers['content-length']
  return length === undefined ? (headers['transfer-encoding'] === undefined ? 0 : unannouncedBytes) : Number(length)
}
