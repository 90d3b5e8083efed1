import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { TailraceError } from '#shared/errors.ts'
import { eventForm } from '#shared/event/form.ts'
import type { EventRequest } from '#shared/event/from-http.ts'
import { callerOf } from '#shared/http/route-config.ts'
import type { Limits } from '#shared/limits.ts'
import { announcedBytes, type InFlight } from '../in-flight.ts'
import type { Publish } from '../publish.ts'
import type { PublishRates } from '../rate-limits.ts'
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

export type PublishRouteOptions = {
  publish: Publish
  inFlight: InFlight
  rates: PublishRates
  telemetry: ProducerTelemetry
  limits: Limits
}

/** `POST /v1/streams/{stream}/events`: one event, in any of its single forms. */
export function publishRoute(
  app: FastifyInstance,
  { publish, inFlight, rates, telemetry, limits }: PublishRouteOptions,
): void {
  app.route<{ Params: Params; Querystring: Query; Body: Buffer | undefined }>({
    method: 'POST',
    url: '/v1/streams/:stream/events',
    bodyLimit: limits.TAILRACE_LIMIT_EVENT_BYTES,
    schema: { querystring: query, response: { 202: published } },
    config: { scope: (request) => `publish:${(request.params as Params).stream}`, tooLarge: 'event-too-large' },
    onRequest: (request, reply, done) => {
      let charged: Promise<void> | undefined
      try {
        refuseEarly(request)
        reply.raw.once('close', inFlight.admit(announcedBytes(request.headers, limits.TAILRACE_LIMIT_REQUEST_BYTES)))
        charged = rates.admit(callerOf(request))
      } catch (error) {
        done(error as Error)
        return
      }
      if (charged === undefined) done()
      else charged.then(() => done(), done)
    },
    onError: (request, _reply, error, done) => {
      // Whose connection is gone counts as aborted.
      if (!request.socket.destroyed) telemetry.refused(outcomeOf(error))
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
      const answer = await publish({ stream: request.params.stream, keyId, keyName, event })
      reply.code(202).header('tailrace-dedup', 'off')
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
