import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { TailraceError } from '#shared/errors.ts'
import type { EventRequest } from '#shared/event/event-request.ts'
import { published, publishQuery } from '#shared/http/publish-shapes.ts'
import { callerOf } from '#shared/http/route-config.ts'
import type { Limits } from '#shared/limits.ts'
import type { DedupMode } from '../deduplication.ts'
import type { InFlight } from '../in-flight.ts'
import { beginIntake, type Intake, readIntake } from '../intake.ts'
import type { Publish } from '../publish.ts'
import type { PublishMany } from '../publish-many.ts'
import type { PublishRates } from '../rate-limits.ts'
import { outcomeOf, type ProducerTelemetry } from '../telemetry.ts'
import { manyText } from './many-text.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before the body of a publish is read. */
    intake: Intake | null
  }
}

type Route = { Params: { stream: string }; Querystring: EventRequest['query']; Body: Buffer | undefined }

export type PublishRouteOptions = {
  publish: Publish
  publishMany: PublishMany
  inFlight: InFlight
  rates: PublishRates
  telemetry: ProducerTelemetry
  limits: Limits
}

/** `POST /v1/streams/{stream}/events`: one event or many, in any of their forms. */
export function publishRoute(app: FastifyInstance, options: PublishRouteOptions): void {
  const { inFlight, rates, telemetry, limits } = options
  app.decorateRequest('intake', null)
  app.addContentTypeParser('*', ({ intake }, body, done) => {
    // No intake: the path is of no route, and its body is left unread.
    if (intake === null) done(null)
    else readIntake(body, intake, limits, done)
  })
  app.route<Route>({
    method: 'POST',
    url: '/v1/streams/:stream/events',
    schema: { querystring: publishQuery, response: { 202: published } },
    config: { scope: (request) => `publish:${(request.params as Route['Params']).stream}` },
    onRequest: (request, reply, done) => {
      let charged: Promise<void> | undefined
      try {
        request.intake = beginIntake(request.raw, inFlight, limits)
        reply.raw.once('close', request.intake.hold.release)
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
    handler: (request, reply) => {
      const { form } = intakeOf(request)
      return form === 'single' ? answerOne(request, reply, options) : answerMany(request, reply, { ...options, form })
    },
  })
}

function intakeOf({ intake }: FastifyRequest): Intake {
  if (intake === null) throw new TailraceError('internal', 'The body of this route is not taken in by its headers.')
  return intake
}

type Request = FastifyRequest<Route>

async function answerOne(request: Request, reply: FastifyReply, { publish }: PublishRouteOptions) {
  const { dedup, answer } = await publish({ ...publishingOf(request), event: eventRequestOf(request) })
  begin(reply, dedup, answer.replayed)
  return answer
}

type Many = PublishRouteOptions & { form: 'batch' | 'lines' }

async function answerMany(request: Request, reply: FastifyReply, { publishMany, rates, form }: Many) {
  const { hold } = intakeOf(request)
  const events = { ...eventRequestOf(request), form }
  const charge = (count: number) => rates.admitBatch(callerOf(request), count)
  const { dedup, answer } = await publishMany({ ...publishingOf(request), events, hold: hold.atLeast, charge })
  begin(
    reply,
    dedup,
    answer.results.every((result) => result.status === 202 && 'replayed' in result && result.replayed),
  )
  reply.type('application/json; charset=utf-8')
  return await manyText(answer)
}

function begin(reply: FastifyReply, dedup: DedupMode, isReplayed: boolean): void {
  reply.code(202).header('tailrace-dedup', dedup)
  if (isReplayed) reply.header('idempotent-replayed', 'true')
}

function publishingOf(request: Request) {
  const { keyId, name: keyName } = callerOf(request)
  return { stream: request.params.stream, keyId, keyName }
}

function eventRequestOf({ raw, query, body = empty }: Request): EventRequest {
  return { headers: raw.headers, rawHeaders: raw.rawHeaders, query, body }
}

const empty = Buffer.alloc(0)
