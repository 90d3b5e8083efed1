import { type TSchema, Type } from 'typebox'
import { inputSchema } from '#shared/catalog/schema.ts'
import { errorTable } from '#shared/errors.ts'
import type { Limits } from '#shared/limits.ts'
import { version } from '#shared/version.ts'
import { publishPath } from './publish-operation.ts'
import { describeRefusal, refusalsOf } from './refusals.ts'
import type { Route } from './route.ts'

const fault = Type.Object({
  index: Type.Optional(Type.Integer()),
  pointer: Type.Optional(Type.String()),
  header: Type.Optional(Type.String()),
  query: Type.Optional(Type.String()),
  code: Type.String(),
  detail: Type.String(),
  fix: Type.Optional(Type.String()),
})

const problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String({ description: `One of ${Object.keys(errorTable).join(', ')}; clients must accept others.` }),
  detail: Type.String(),
  retryable: Type.Boolean(),
  retryAfterMs: Type.Optional(Type.Integer()),
  requestId: Type.String(),
  instance: Type.String(),
  errors: Type.Optional(Type.Array(fault)),
  indexCompleteTo: Type.Optional(Type.Union([Type.String({ format: 'date-time' }), Type.Null()])),
  indexIsComplete: Type.Optional(
    Type.Boolean({
      description: 'False: what was not found may stand in the part of the log that is not indexed yet.',
    }),
  ),
})

type Installation = { limits: Limits; publishUrl: string }

/** The OpenAPI 3.1 document: the console's routes, made of what serves them, and that of the producers. */
export function openApiOf(routes: readonly Route[], { limits, publishUrl }: Installation): object {
  const paths: Record<string, Record<string, object>> = publishPath(publishUrl)
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Tailrace', version, description: description(limits) },
    security: [{ apiKey: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'tr_<id>_<secret>' },
        session: {
          ...{ type: 'apiKey', in: 'cookie', name: 'tailrace_session' },
          description: 'Set by POST /v1/session, for browsers. It counts for the pages of the console itself only.',
        },
      },
      schemas: { Problem: problem },
    },
  }
}

function description(limits: Limits): string {
  const lines = Object.entries(limits).map(([name, value]) => `- ${name}: ${value}`)
  return `Events in, streams, subscriptions, keys and live state. Limits, each a setting:\n\n${lines.join('\n')}`
}

function operation(route: Route): object {
  return {
    operationId: route.operationId,
    summary: route.summary,
    description: needOf(route),
    tags: [route.tag],
    ...(route.scope === null ? { security: [] } : {}),
    parameters: [...pathParameters(route), ...queryParameters(route), ...conditions(route)],
    ...(route.body === undefined ? {} : { requestBody: requestBody(route, route.body) }),
    responses: { ...answers(route), ...refusals(route), default: problemAnswer },
  }
}

function refusals(route: Route): Record<string, object> {
  const entries = refusalsOf(route).map((status) => [
    status,
    { ...problemAnswer, description: describeRefusal(status) },
  ])
  return Object.fromEntries(entries)
}

function needOf({ scope }: Route): string {
  if (scope === null) return 'No credential is needed.'
  return scope === 'any' ? 'Needs a credential, with whatever scope.' : `Needs the scope ${scope}.`
}

const problemAnswer = {
  description: 'Why it was refused or failed.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}

function pathParameters({ path }: Route): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true, schema: { type: 'string' } },
  }))
}

function queryParameters({ query = {} }: Route): object[] {
  return Object.entries(query).map(([name, schema]) => ({ name, in: 'query', required: false, schema }))
}

function conditions({ conditional = false, method }: Route): object[] {
  if (!conditional) return []
  const names = method === 'PUT' ? ['If-Match', 'If-None-Match'] : ['If-Match']
  return names.map((name) => ({ name, in: 'header', required: false, schema: { type: 'string' } }))
}

/** A merge patch may leave out anything, so it has members but requires none. */
function requestBody({ method }: Route, schema: TSchema): object {
  const input = inputSchema(schema)
  if (method !== 'PATCH') {
    const required = ((input as { required?: string[] }).required ?? []).length > 0
    return { required, content: { 'application/json': { schema: input } } }
  }
  const patch = { type: 'object', description: 'RFC 7396; null puts a member back to its default.' }
  return {
    required: true,
    content: { 'application/merge-patch+json': { schema: patch }, 'application/json': { schema: patch } },
  }
}

const exported = {
  'application/x-ndjson': {
    schema: { type: 'string', description: 'Every item from the cursor to the end, a line each.' },
  },
}

function answers({ answers, isExported = false }: Route): Record<string, object> {
  const entries = Object.entries(answers).map(
    ([status, { description, schema, etag, mediaType = 'application/json' }]) => [
      status,
      {
        description,
        ...(etag === true ? { headers: { ETag: { schema: { type: 'string' }, description: '"<revision>"' } } } : {}),
        ...(schema === undefined ? {} : { content: { [mediaType]: { schema }, ...(isExported ? exported : {}) } }),
      },
    ],
  )
  return Object.fromEntries(entries)
}
