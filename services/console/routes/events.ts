import { Type } from 'typebox'
import type { Console } from '../context.ts'
import { eventAnswer, eventList } from '../events/answer.ts'
import { bodyOf } from '../events/body.ts'
import { browseStream } from '../events/browse.ts'
import { journeyAnswer, journeyOf } from '../events/journey.ts'
import { eventQuery, listIndexedEvents } from '../events/list.ts'
import { pageQuery } from '../page.ts'
import { param, type Route } from '../route.ts'

const tag = 'events'
const integer = Type.Integer()

const browsed = Type.Object({
  ...{ items: Type.Array(eventAnswer), next: Type.Union([Type.String(), Type.Null()]) },
  ...{ partition: integer, firstOffset: integer, endOffset: integer },
  nextOffset: Type.Integer({ description: 'Where the events begin that come after this page.' }),
})

export function eventRoutes(console: Console): Route[] {
  return [
    {
      ...{ method: 'GET', path: '/v1/events', operationId: 'listEvents', tag, scope: 'read', isExported: true },
      summary: 'List events as the search index has them, by when they were stored',
      query: eventQuery,
      answers: { 200: { description: 'Newest first.', schema: eventList } },
      handle: async ({ query }) => ({ status: 200, body: await listIndexedEvents(console, query) }),
    },
    {
      ...{ method: 'GET', path: '/v1/events/{id}', operationId: 'getJourney', tag, scope: 'read' },
      summary: 'What happened to an event: by its id, its webhook-id or a position',
      query: { source: Type.String({ maxLength: 2_048, description: 'Tells events of one id apart.' }) },
      answers: { 200: { description: 'Everything that is known now.', schema: journeyAnswer } },
      async handle(request) {
        const { source } = request.query
        const body = await journeyOf(console, param(request, 'id'), source === undefined ? null : String(source))
        return { status: 200, body }
      },
    },
    {
      ...{ method: 'GET', path: '/v1/events/{position}/body', operationId: 'getEventBody', tag, scope: 'any' },
      summary: 'The body of an event, as it was published; needs the scope consume of its stream',
      isAudited: true,
      answers: { 200: { description: 'Under its own content type.', schema: Type.Any(), mediaType: '*/*' } },
      handle: (request) => bodyOf(console, param(request, 'position'), request.caller),
    },
    {
      ...{ method: 'GET', path: '/v1/streams/{stream}/events', operationId: 'browseStream', tag, scope: 'read' },
      summary: 'Read a partition of a stream in its order, without the bodies',
      query: {
        ...pageQuery,
        partition: Type.Integer({ default: 0, minimum: 0, maximum: 100_000 }),
        from: Type.String({
          ...{ default: 'latest', maxLength: 40 },
          description: 'An offset, earliest, a time (RFC 3339), or latest: the last events that fit into one page.',
        }),
      },
      answers: { 200: { description: 'In the order of the log.', schema: browsed } },
      handle: async (request) => ({
        status: 200,
        body: await browseStream(console, param(request, 'stream'), request.query),
      }),
    },
  ]
}
