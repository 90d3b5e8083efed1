import { Type } from 'typebox'
import { streamAnswer, streamDefinition } from '#shared/catalog/stream-schema.ts'
import type { Console } from '../context.ts'
import { documented } from '../docs.ts'
import { pageOf, pageQuery } from '../page.ts'
import { listOf, param, type Route, type RouteRequest, resourceAnswer } from '../route.ts'
import { streamAnswerOf } from '../stream-answer.ts'
import { deleteStream, patchStream, putStream, requireStream } from '../streams.ts'

const path = '/v1/streams/{name}'
const tag = 'streams'

export function streamRoutes(console: Console): Route[] {
  const show = (stream: Parameters<typeof streamAnswerOf>[1]) => streamAnswerOf(console, stream)
  return [
    {
      ...{
        method: 'GET',
        path: '/v1/streams',
        operationId: 'listStreams',
        summary: 'List streams',
        tag,
        scope: 'read',
      },
      query: pageQuery,
      answers: documented.many(listOf(streamAnswer)),
      handle: ({ query }) => ({
        status: 200,
        body: pageOf(console.catalog.streams(), query, ({ name }) => name).map(show),
      }),
    },
    {
      ...{ method: 'PUT', path, operationId: 'putStream', summary: 'Create or replace a stream', tag, scope: 'manage' },
      ...{ body: streamDefinition, conditional: true, answers: documented.put(streamAnswer) },
      async handle(request) {
        const { created, resource } = await putStream(console, changeOf(request), request.body)
        await console.monitor.look()
        return resourceAnswer(created ? 201 : 200, show(resource))
      },
    },
    {
      ...{ method: 'GET', path, operationId: 'getStream', summary: 'Read a stream', tag, scope: 'read' },
      answers: documented.one(streamAnswer),
      async handle(request) {
        const stream = requireStream(console, param(request, 'name'))
        await console.monitor.look()
        return resourceAnswer(200, show(stream))
      },
    },
    {
      ...{ method: 'PATCH', path, operationId: 'patchStream', summary: 'Change members', tag, scope: 'manage' },
      ...{ body: streamDefinition, conditional: true, answers: documented.one(streamAnswer) },
      handle: async (request) => resourceAnswer(200, show(await patchStream(console, changeOf(request), request.body))),
    },
    {
      ...{ method: 'DELETE', path, operationId: 'deleteStream', summary: 'Delete a stream', tag, scope: 'manage' },
      ...{ conditional: true, answers: documented.gone },
      query: { topic: Type.Enum(['keep', 'delete'], { default: 'keep', description: 'A bound topic always stays.' }) },
      async handle(request) {
        await deleteStream(console, changeOf(request), request.query.topic === 'delete')
        return { status: 204 }
      },
    },
  ]
}

const changeOf = (request: RouteRequest) => ({
  name: param(request, 'name'),
  preconditions: request.preconditions,
})
