import { Type } from 'typebox'
import type { SigningSecret, Subscription } from '#shared/catalog/model.ts'
import { subscriptionAnswer, subscriptionDefinition } from '#shared/catalog/subscription-schema.ts'
import { readInstances } from '#shared/redis/instances.ts'
import type { Console } from '../context.ts'
import { documented } from '../docs.ts'
import type { KeyQueue } from '../index/queries/key-queues.ts'
import { pageOf, pageQuery } from '../page.ts'
import { listOf, param, type Route, type RouteRequest, resourceAnswer } from '../route.ts'
import { subscriptionAnswerOf } from '../subscription-answer.ts'
import { phaseOf, reportsOn } from '../subscription-status.ts'
import { deleteSubscription, patchSubscription, putSubscription, requireSubscription } from '../subscriptions.ts'

const path = '/v1/subscriptions/{name}'
const tag = 'subscriptions'
const queuesShown = 8

export function subscriptionRoutes(console: Console): Route[] {
  return [
    {
      ...{ method: 'GET', path: '/v1/subscriptions', operationId: 'listSubscriptions', tag, scope: 'read' },
      summary: 'List subscriptions',
      query: { ...pageQuery, stream: Type.String({ maxLength: 63 }), phase: Type.String({ maxLength: 32 }) },
      answers: documented.many(listOf(subscriptionAnswer)),
      handle: ({ query }) => list(console, query),
    },
    {
      ...{ method: 'PUT', path, operationId: 'putSubscription', tag, scope: 'manage' },
      summary: 'Create or replace a subscription',
      ...{ body: subscriptionDefinition, conditional: true, answers: documented.put(subscriptionAnswer) },
      async handle(request) {
        const { created, resource, secret } = await putSubscription(console, changeOf(request), request.body)
        return await answer(console, created ? 201 : 200, resource, { secret })
      },
    },
    {
      ...{ method: 'GET', path, operationId: 'getSubscription', tag, scope: 'read' },
      summary: 'Read a subscription',
      answers: documented.one(subscriptionAnswer),
      async handle(request) {
        const subscription = requireSubscription(console, param(request, 'name'))
        await console.monitor.look()
        const queues = await longestQueues(console, subscription)
        return await answer(console, 200, subscription, { queues })
      },
    },
    {
      ...{ method: 'PATCH', path, operationId: 'patchSubscription', tag, scope: 'manage' },
      summary: 'Change members',
      ...{ body: subscriptionDefinition, conditional: true, answers: documented.one(subscriptionAnswer) },
      handle: async (request) =>
        await answer(console, 200, await patchSubscription(console, changeOf(request), request.body)),
    },
    {
      ...{ method: 'DELETE', path, operationId: 'deleteSubscription', tag, scope: 'manage' },
      summary: 'Delete a subscription; dead letters stay',
      ...{ conditional: true, answers: documented.gone },
      async handle(request) {
        await deleteSubscription(console, changeOf(request))
        return { status: 204 }
      },
    },
  ]
}

/** One subscription with what the instances say about it now. */
export async function answer(
  console: Console,
  status: number,
  subscription: Subscription,
  known: { secret?: SigningSecret | null; queues?: readonly KeyQueue[] | null } = {},
) {
  const instances = await readInstances(console.redis, console.prefix, Date.now())
  return resourceAnswer(status, subscriptionAnswerOf(console, subscription, { instances, ...known }))
}

/** Null without an index. Whoever changes something does not wait for this. */
const longestQueues = ({ index }: Console, { uid }: Subscription): Promise<KeyQueue[] | null> =>
  index.ask('longestQueues', { uid, limit: queuesShown }).catch(() => null)

async function list(console: Console, query: RouteRequest['query']) {
  const instances = await readInstances(console.redis, console.prefix, Date.now())
  const isWanted = (subscription: Subscription) =>
    (query.stream === undefined || subscription.stream === query.stream) &&
    (query.phase === undefined ||
      phaseOf(console, subscription, reportsOn(subscription, instances)).phase === query.phase)
  const page = pageOf(console.catalog.subscriptions().filter(isWanted), query, ({ name }) => name)
  return { status: 200, body: page.map((subscription) => subscriptionAnswerOf(console, subscription, { instances })) }
}

const changeOf = (request: RouteRequest) => ({
  name: param(request, 'name'),
  preconditions: request.preconditions,
})
