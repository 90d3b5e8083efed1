import { keyAnswer, keyDefinition } from '#shared/catalog/key-schema.ts'
import type { ApiKey } from '#shared/catalog/model.ts'
import type { Console } from '../context.ts'
import { documented } from '../docs.ts'
import { createKey, deleteKey, keyRotation, patchKey, requireKey, rotateKey } from '../keys.ts'
import { pageOf, pageQuery } from '../page.ts'
import { listOf, param, type Route, type RouteRequest, resourceAnswer } from '../route.ts'

const all = '/v1/keys'
const path = '/v1/keys/{id}'
const tag = 'keys'

export function keyRoutes(console: Console): Route[] {
  return [
    {
      ...{ method: 'GET', path: all, operationId: 'listKeys', summary: 'List API keys', tag, scope: 'read' },
      query: pageQuery,
      answers: documented.many(listOf(keyAnswer)),
      handle: ({ query }) => ({
        status: 200,
        body: pageOf(console.catalog.keys(), query, ({ id }) => id).map((key) => keyAnswerOf(key)),
      }),
    },
    {
      ...{ method: 'POST', path: all, operationId: 'createKey', summary: 'Make an API key', tag, scope: 'manage' },
      ...{ body: keyDefinition, answers: documented.created(keyAnswer) },
      async handle({ caller, body }) {
        const { key, secret } = await createKey(console, caller, body)
        return resourceAnswer(201, keyAnswerOf(key, secret))
      },
    },
    {
      ...{ method: 'GET', path, operationId: 'getKey', summary: 'Read an API key', tag, scope: 'read' },
      answers: documented.one(keyAnswer),
      handle: (request) => resourceAnswer(200, keyAnswerOf(requireKey(console, param(request, 'id')))),
    },
    {
      ...{ method: 'PATCH', path, operationId: 'patchKey', summary: 'Change members', tag, scope: 'manage' },
      ...{ body: keyDefinition, conditional: true, answers: documented.one(keyAnswer) },
      handle: async (request) =>
        resourceAnswer(200, keyAnswerOf(await patchKey(console, changeOf(request), request.body))),
    },
    {
      ...{ method: 'DELETE', path, operationId: 'deleteKey', summary: 'Revoke an API key', tag, scope: 'manage' },
      ...{ conditional: true, answers: documented.gone },
      async handle(request) {
        await deleteKey(console, changeOf(request))
        return { status: 204 }
      },
    },
    {
      ...{ method: 'POST', path: `${path}/rotate`, operationId: 'rotateKey', tag, scope: 'manage' },
      summary: 'Give it a new secret under the same id',
      ...{ body: keyRotation, conditional: true, answers: documented.one(keyAnswer) },
      async handle(request) {
        const { key, secret } = await rotateKey(console, changeOf(request), request.body)
        return resourceAnswer(200, keyAnswerOf(key, secret))
      },
    },
  ]
}

/** A key as the API shows it; `secret` only when it was just made. */
function keyAnswerOf({ secrets, ...key }: ApiKey, secret?: string) {
  return {
    ...key,
    lastUsedAt: null,
    secrets: secrets.map(({ createdAt, validUntil }) => ({ createdAt, validUntil })),
    ...(secret === undefined ? {} : { secret }),
  }
}

const changeOf = (request: RouteRequest) => ({
  id: param(request, 'id'),
  preconditions: request.preconditions,
  caller: request.caller,
})
